// Comfort only: every page does all it can without this file. "/" goes to the search box, arrows and j, k walk
// the results, and dragging over the bars of a histogram chooses a span of time.
(() => {
  const box = document.getElementById("q");
  const typing = (node) => node && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const first = document.querySelector("a.hit");
    if (event.target === box && event.key === "ArrowDown" && first) {
      event.preventDefault();
      first.focus();
      return;
    }
    if (typing(event.target)) return;
    if (event.key === "/" && box) {
      event.preventDefault();
      box.focus();
      box.select();
      return;
    }
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    const hits = [...document.querySelectorAll("a.hit")];
    if (!step || !hits.length) return;
    const now = hits.indexOf(document.activeElement);
    // Without a result in focus the arrows scroll the page, as they do everywhere; j begins the walk, and so
    // does the arrow down from the search box.
    if (now < 0 && event.key !== "j") return;
    const next = hits[Math.min(hits.length - 1, Math.max(0, now + step))];
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  });

  document.querySelectorAll("figure[data-drag]").forEach((figure) => {
    const links = [...figure.querySelectorAll("a[data-label]")];
    let from = -1;
    let to = -1;
    const paint = () => {
      const [low, high] = [Math.min(from, to), Math.max(from, to)];
      links.forEach((link, place) => link.classList.toggle("chosen", from >= 0 && place >= low && place <= high));
    };
    const at = (event) => links.indexOf(event.target.closest && event.target.closest("a[data-label]"));
    figure.addEventListener("dragstart", (event) => event.preventDefault());
    figure.addEventListener("pointerdown", (event) => {
      from = to = at(event);
      paint();
    });
    figure.addEventListener("pointermove", (event) => {
      if (from < 0 || !event.buttons) return;
      const place = at(event);
      if (place >= 0) to = place;
      paint();
    });
    figure.addEventListener("click", (event) => {
      if (from >= 0 && to >= 0 && from !== to) event.preventDefault();
    }, true);
    document.addEventListener("pointerup", () => {
      if (from >= 0 && to >= 0 && from !== to) {
        const target = new URL(figure.dataset.drag, location.origin);
        target.searchParams.set("after", links[Math.min(from, to)].dataset.label);
        target.searchParams.set("before", after(links[Math.max(from, to)].dataset.label));
        location.assign(target.href);
      }
      from = to = -1;
      paint();
    });
  });

  // The first period that no longer belongs: "before" is exclusive.
  function after(label) {
    const [year, month, day] = label.split("-").map(Number);
    const pad = (number) => String(number).padStart(2, "0");
    if (day) {
      const next = new Date(Date.UTC(year, month - 1, day + 1));
      return next.toISOString().slice(0, 10);
    }
    if (month) return month === 12 ? `${year + 1}-01` : `${year}-${pad(month + 1)}`;
    return String(year + 1);
  }
})();
