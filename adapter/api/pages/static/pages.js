// Brings a page that is marked data-live up to date every ten seconds. Without this script nothing is missing but that.
"use strict";
(function () {
  const PERIOD = 10000;
  const main = document.querySelector("main[data-live]");
  const status = document.getElementById("live");
  if (!main || !status) return;
  status.textContent = status.dataset.on;

  function isBusy() {
    // Whoever writes, chooses or has marked text is not disturbed.
    const at = document.activeElement;
    const selected = document.getSelection();
    return (at && at !== document.body && main.contains(at) && at !== main) || (selected && !selected.isCollapsed);
  }

  async function refresh() {
    if (document.hidden || isBusy()) return;
    try {
      const answered = await fetch(location.href, { headers: { "X-Live": "1" }, redirect: "error" });
      if (!answered.ok) throw new Error(String(answered.status));
      const page = new DOMParser().parseFromString(await answered.text(), "text/html");
      const fresh = page.querySelector("main[data-live]");
      if (!fresh) throw new Error("another page");
      if (isBusy()) return;
      const open = [...main.querySelectorAll("details")].map((one) => one.open);
      main.replaceChildren(...fresh.childNodes);
      [...main.querySelectorAll("details")].forEach((one, place) => { one.open = open[place] ?? one.open; });
      const time = page.querySelector("footer time");
      if (time) document.querySelector("footer time").replaceWith(time);
      status.textContent = status.dataset.on;
    } catch {
      if (status.textContent !== status.dataset.off) status.textContent = status.dataset.off;
    }
  }
  setInterval(refresh, PERIOD);
})();
