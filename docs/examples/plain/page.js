const pc = document.querySelector("tab-tpm");
const said = document.querySelector("#said");
const extend = document.querySelector("#extend");

pc.addEventListener("stage", ({ detail }) => {
  extend.disabled = detail.stage !== "shell";
});
pc.addEventListener("error", ({ detail }) => {
  said.textContent = detail.message;
});
extend.addEventListener("click", () => void pc.type("echo -n hello | tpm2_pcrevent 16\n"));
