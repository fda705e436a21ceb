const slides = [...document.querySelectorAll("section")];
let shown = 0;

function show(index) {
  shown = Math.max(0, Math.min(slides.length - 1, index));
  for (const [place, slide] of slides.entries()) slide.classList.toggle("shown", place === shown);
}

addEventListener("keydown", (event) => {
  // What is typed into the console is the guest's.
  if (event.target.localName === "tab-tpm") return;
  if (event.key === "ArrowRight") show(shown + 1);
  if (event.key === "ArrowLeft") show(shown - 1);
});
show(0);
// All elements of one machine start together: it does not matter which is asked.
await document.querySelector("tab-tpm").start();
