// Puts each fragment that the server sends into its place. Without this script the page is a snapshot.
"use strict";
(() => {
  const offline = document.getElementById("offline");
  const source = new EventSource(document.body.dataset.live);
  source.onopen = () => { offline.hidden = true; };
  source.onerror = () => { offline.hidden = false; };
  source.onmessage = (message) => {
    for (const [id, html] of Object.entries(JSON.parse(message.data))) {
      const place = document.getElementById(id);
      if (place) place.innerHTML = html;
    }
  };
  addEventListener("pagehide", () => source.close());
})();
