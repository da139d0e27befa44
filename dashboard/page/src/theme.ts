// Runs before the first paint: applies the last chosen colours, otherwise those of the system.

const system = matchMedia("(prefers-color-scheme: dark)");

function apply(): void {
  const chosen = localStorage.getItem("theme");
  const own = system.matches ? "dark" : "light";
  document.documentElement.dataset.theme = chosen === "light" || chosen === "dark" ? chosen : own;
}

apply();
system.addEventListener("change", apply);
