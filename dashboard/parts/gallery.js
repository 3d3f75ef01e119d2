// Thumbnails by address; the browser loads those that come into view.

function gone(picture) {
  const text = document.createElement("span");
  text.className = "gone";
  text.textContent = "This picture is missing or damaged.";
  picture.replaceWith(text);
}

function cellOf(cell, pick, setTriggerValue) {
  const item = document.createElement("li");
  item.className = "cell";
  const open = document.createElement(pick ? "button" : "a");
  open.className = "open";
  if (pick) {
    open.type = "button";
    open.setAttribute("aria-current", String(Boolean(cell.current)));
    open.onclick = () => setTriggerValue("picked", cell.id);
  } else if (cell.full) {
    open.href = cell.full;
    open.target = "_blank";
    open.rel = "noopener";
  }
  const picture = document.createElement("img");
  picture.loading = "lazy";
  picture.decoding = "async";
  picture.alt = cell.alt;
  picture.onerror = () => gone(picture);
  const label = document.createElement("span");
  label.className = "label";
  label.textContent = cell.label;
  open.append(picture, label);
  item.append(open);
  if (cell.src) picture.src = cell.src;
  else gone(picture);
  return item;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const list = document.createElement("ul");
  list.className = "gallery";
  list.append(...data.cells.map((cell) => cellOf(cell, data.pick, setTriggerValue)));
  parentElement.querySelector(".gallery")?.remove();
  parentElement.append(list);
}
