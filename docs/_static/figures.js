/* On a telephone, wide figures keep a legible size and scroll sideways: give each a frame to do so. */
document.addEventListener("DOMContentLoaded", () => {
  for (const image of document.querySelectorAll("img.sphx-glr-single-img, figure > img, svg.diagram")) {
    const frame = document.createElement("div");
    frame.className = "figure-frame";
    image.replaceWith(frame);
    frame.append(image);
  }
});
