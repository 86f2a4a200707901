// Turns the still pictures into charts that answer to the pointer. Expressions are interpreted, not compiled: the page's policy allows no eval.
for (const [name, specification] of Object.entries(JSON.parse(document.getElementById("specifications").textContent))) {
  const place = document.getElementById(name);
  const still = place.innerHTML;
  window
    .vegaEmbed(place, specification, { ast: true, renderer: "svg", actions: false, tooltip: { theme: "custom" } })
    .then(() => { place.dataset.drawn = "yes"; })
    .catch((error) => { place.innerHTML = still; console.error(name, error); });
}
