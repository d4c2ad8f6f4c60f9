// Numbers marked with data-live follow the server, as long as the page is looked at.
if (document.querySelector("[data-live]")) {
  const source = new EventSource("/live/segments");
  source.addEventListener("sizes", (event) => {
    for (const [key, size] of Object.entries(JSON.parse(event.data))) {
      const number = document.querySelector(`[data-live="${CSS.escape(key)}"] strong`);
      if (number && number.textContent !== size) number.textContent = size;
    }
  });
  addEventListener("pagehide", () => source.close());
}
