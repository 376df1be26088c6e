// The drawing of charts, fetched only once there is something to draw: the figures and the words of a page come first.

const LIBRARY = "/static/chart.umd.min.js", LOOKS = "/static/charts.css";
let fetched; // the one promise of `draw`

/** `draw(container, specs)`, once `more` modules are there too. Throws where a file does not come; asking again fetches it again. */
export function drawing(...more) {
  fetched ??= Promise.all([here("link", { rel: "stylesheet", href: LOOKS }), here("script", { src: LIBRARY })])
    .then(() => Promise.all(["./charts.js", ...more].map((one) => import(one))))
    .then(([charts]) => charts.draw)
    .catch((error) => {
      fetched = undefined;
      throw error;
    });
  return fetched;
}

function here(name, attributes) {
  return new Promise((resolve, reject) => {
    const made = Object.assign(document.createElement(name), attributes);
    made.addEventListener("load", resolve);
    made.addEventListener("error", () => {
      made.remove();
      reject(new Error(`${attributes.src ?? attributes.href} did not come`));
    });
    document.head.append(made);
  });
}
