// What is wider than the page can be scrolled, and shows it: it fades out where there is more.
const boxes = document.querySelectorAll(
  ".pst-scrollable-table-container, .run-figure, .run-html, .rendered_html, div.highlight pre, div.math",
);
for (const box of boxes) {
  const look = () => {
    const hidden = box.scrollWidth - box.clientWidth;
    box.classList.toggle("is-wide", hidden > 1);
    box.classList.toggle("has-more", box.scrollLeft < hidden - 1);
  };
  box.addEventListener("scroll", look, { passive: true });
  new ResizeObserver(look).observe(box);
}
