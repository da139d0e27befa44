// Runs before the first paint: the colours that were chosen last, else those of the system.

const chosen = localStorage.getItem("theme");
if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
