"use strict";
// Sort by a column's button, search by the box above. Works on what the page holds; asks for nothing.
for (const table of document.querySelectorAll("table[data-sort]")) {
  const bodies = [...table.tBodies];
  const rows = (body) => [...body.rows].filter((row) => !row.className);
  const words = new Intl.Collator(document.documentElement.lang, { numeric: true });
  const value = (row, place) => {
    const cell = row.cells[place];
    return cell.dataset.v !== undefined ? Number(cell.dataset.v) : cell.textContent.trim();
  };
  const compare = (a, b) => {
    if (a === "" || b === "") return (a === "") - (b === "");
    return typeof a === "number" && typeof b === "number" ? a - b : words.compare(a, b);
  };
  table.tHead.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const head = button.closest("th");
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    for (const body of bodies) {
      const sum = body.querySelector("tr.sum");
      const sorted = rows(body).map((row) => [value(row, head.cellIndex), row]);
      const empty = (pair) => pair[0] === "";
      sorted.sort((a, b) => (down && !empty(a) && !empty(b) ? -1 : 1) * compare(a[0], b[0]));
      for (const [, row] of sorted) body.insertBefore(row, sum);
    }
  });
  const tools = table.closest("section").querySelector(".tools");
  const all = bodies.flatMap(rows);
  if (!tools || all.length < 9) continue; // a glance finds one of eight
  tools.hidden = false;
  const box = tools.querySelector("input");
  const count = tools.querySelector("output");
  const fold = (text) => text.normalize("NFKC").toLocaleLowerCase();
  const texts = new Map(all.map((row) => [row, fold([...row.cells].map((cell) => cell.textContent).join("\n"))]));
  const search = () => {
    const wanted = fold(box.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of all) {
      row.hidden = !wanted.every((word) => texts.get(row).includes(word));
      shown += row.hidden ? 0 : 1;
    }
    for (const body of bodies) {
      const some = rows(body).some((row) => !row.hidden);
      for (const row of body.querySelectorAll("tr.part")) row.hidden = !some;
      for (const row of body.querySelectorAll("tr.sum")) row.hidden = wanted.length > 0;
    }
    if (table.tFoot) table.tFoot.hidden = wanted.length > 0;
    count.value = `${shown} / ${all.length}`;
  };
  box.addEventListener("input", search);
  search();
}
