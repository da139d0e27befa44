// Runs before the first paint: the colours that were chosen last, else those of the system, also when it changes them.

const system = matchMedia("(prefers-color-scheme: dark)");

function apply(): void {
  const chosen = localStorage.getItem("theme");
  const own = system.matches ? "dark" : "light";
  document.documentElement.dataset.theme = chosen === "light" || chosen === "dark" ? chosen : own;
}

apply();
system.addEventListener("change", apply);
