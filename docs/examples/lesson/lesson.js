const pc = document.querySelector("tab-tpm");
const progress = document.querySelector("progress");
const said = document.querySelector("#said");

pc.addEventListener("lesson-step", ({ detail }) => {
  progress.max = detail.steps;
  progress.value = detail.step;
});
pc.addEventListener("lesson-passed", ({ detail }) => {
  said.textContent = `Lesson “${detail.lesson}” passed, all ${detail.steps} steps.`;
});
pc.addEventListener("error", ({ detail }) => {
  said.textContent = detail.message;
});
