// A click on a title sorts its table; without a script the order is that of the ranks.
for (const table of document.querySelectorAll("table")) {
  const titles = [...table.querySelectorAll("thead th")];
  titles.forEach((title, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = title.textContent;
    title.replaceChildren(button);
    button.addEventListener("click", () => sort(table, titles, place));
  });
}

function sort(table, titles, place) {
  const down = titles[place].getAttribute("aria-sort") === "ascending";
  titles.forEach((title) => title.removeAttribute("aria-sort"));
  titles[place].setAttribute("aria-sort", down ? "descending" : "ascending");
  const value = (row) => row.cells[place].dataset.value ?? row.cells[place].textContent;
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => {
    const [left, right] = [value(a), value(b)];
    if ((left === "") !== (right === "")) return left === "" ? 1 : -1; // without a value: last
    const order = left - right || (Number.isNaN(left - right) ? left.localeCompare(right) : 0);
    return down ? -order : order;
  });
  table.tBodies[0].append(...rows);
}
