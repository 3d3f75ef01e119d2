"use strict";
(() => {
  // Listens on the frame: Chromium lets the Tab key stop at an SVG that listens for focus.
  const picture = document.querySelector(".picture");
  if (!picture.querySelector("svg")) return;
  document.documentElement.classList.add("scripted");
  const nodes = new Map([...picture.querySelectorAll(".node")].map((n) => [n.dataset.n, n]));
  const edges = new Map([...nodes.keys()].map((n) => [n, []]));
  for (const edge of picture.querySelectorAll(".edge")) {
    edges.get(edge.dataset.from).push(edge);
    edges.get(edge.dataset.to).push(edge);
  }
  let shown = [];
  const clear = () => {
    picture.classList.remove("chosen");
    for (const one of shown) one.classList.remove("near");
    shown = [];
  };
  const choose = (node) => {
    clear();
    shown = [node];
    for (const edge of edges.get(node.dataset.n)) {
      shown.push(edge, nodes.get(edge.dataset.from), nodes.get(edge.dataset.to));
    }
    for (const one of shown) one.classList.add("near");
    picture.classList.add("chosen");
  };
  for (const kind of ["pointerover", "focusin"]) {
    picture.addEventListener(kind, (event) => {
      const node = event.target.closest(".node");
      if (node) choose(node);
      else if (kind === "pointerover" && !document.activeElement.closest(".node")) clear();
    });
  }
  picture.addEventListener("pointerleave", clear);
  picture.addEventListener("focusout", clear);
  picture.addEventListener("keydown", (event) => {
    if (event.key === "Escape") clear();
  });
})();
