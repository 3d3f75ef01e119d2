// A card with a sample picture, beside the sign or the button that the pointer or focus is on.

const GAP = 24; // px between a sign and the card

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function fill(card, sample) {
  const missing = () => make("span", "gone", "No picture of this model is on this machine.");
  let picture = missing();
  if (sample.src) {
    picture = make("img");
    picture.alt = sample.alt;
    picture.onerror = () => picture.replaceWith(missing());
    picture.src = sample.src;
  }
  card.replaceChildren(picture, make("figcaption", "", sample.name));
}

// Below the place, where it leaves the words of the figure free, or above it; never outside.
function put(card, box) {
  const { offsetWidth: wide, offsetHeight: high } = card;
  const left = (box.left + box.right - wide) / 2;
  const below = box.bottom + GAP;
  const top = below + high < innerHeight ? below : box.top - GAP - high;
  card.style.left = `${Math.max(4, Math.min(left, innerWidth - wide - 4))}px`;
  card.style.top = `${Math.max(4, Math.min(top, innerHeight - high - 4))}px`;
}

function show(card, sample, box) {
  fill(card, sample);
  card.hidden = false;
  put(card, box);
}

function buttons(samples, card) {
  const list = make("ul", "names");
  for (const sample of samples) {
    const item = make("li");
    const button = make("button", "", sample.name);
    button.type = "button";
    button.onfocus = button.onpointerenter = button.onclick = () =>
      show(card, sample, button.getBoundingClientRect());
    button.onblur = button.onpointerleave = () => { card.hidden = true; };
    item.append(button);
    list.append(item);
  }
  return list;
}

// Plotly tells of its signs by events of its own, which only its element has.
function listen(plot, bySign, card) {
  const over = (event) => {
    const sample = bySign.get(event.points[0]?.customdata?.[0]);
    const at = event.event;
    if (!sample || !at) return;
    const box = { left: at.clientX, right: at.clientX, top: at.clientY, bottom: at.clientY };
    show(card, sample, box);
  };
  const out = () => { card.hidden = true; };
  plot.on("plotly_hover", over);
  plot.on("plotly_unhover", out);
  return () => {
    plot.removeListener?.("plotly_hover", over);
    plot.removeListener?.("plotly_unhover", out);
  };
}

export default function ({ data, parentElement }) {
  const root = make("div", "samples");
  const card = make("figure", "card");
  card.hidden = true;
  root.append(make("p", "", "Sample pictures: point at a sign, or at a name"));
  root.append(buttons(data.samples, card), card);
  // Made anew when the page runs again: who was at a button stays there.
  const former = [...parentElement.querySelectorAll(".names button")];
  const place = former.indexOf(parentElement.getRootNode().activeElement);
  parentElement.querySelector(".samples")?.remove();
  parentElement.append(root);
  root.querySelectorAll(".names button")[place]?.focus();

  const bySign = new Map(data.samples.map((sample) => [sample.sign, sample]));
  let heard = null;
  let forget = () => {};
  // The figure may come later than this, and be made anew: look for it whenever somebody points.
  const find = () => {
    const plot = document.querySelector(`.st-key-${data.chart} .js-plotly-plot`);
    if (!plot?.on || plot === heard) return;
    forget();
    heard = plot;
    forget = listen(plot, bySign, card);
  };
  const keys = (event) => { if (event.key === "Escape") card.hidden = true; };
  find();
  document.addEventListener("pointermove", find, true);
  document.addEventListener("keydown", keys);
  return () => {
    forget();
    document.removeEventListener("pointermove", find, true);
    document.removeEventListener("keydown", keys);
  };
}
