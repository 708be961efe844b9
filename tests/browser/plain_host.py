"""A host that gives a widget a comm and nothing else, as VS Code and Colab do: no Jupyter page, no Lumino, no storage.

The widget runs in a frame that is sandboxed to scripts alone, so it has no origin: no `localStorage`, no full screen,
no clipboard, nothing from the network. The page around it hands messages on, to and from this process, where the
review is: what arrives is given to the widget's comm one by one, as a kernel does.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

import comm
from comm.base_comm import BaseComm

from explorer.panels.widget import STATIC

FRAME = """<!doctype html><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline' blob:;
  style-src 'unsafe-inline'; img-src blob: data:; font-src data:; worker-src blob:">
<style>body { margin: 0; font-family: sans-serif; }</style>
<p>before</p><div id="output"></div><p>after</p>
<script>
  window.heard = [];  // keys that came as far as the host
  document.addEventListener("keydown", (event) => window.heard.push(event.key));
  class Model {
    constructor(comm, state) { Object.assign(this, { comm, state, listeners: [] }); }
    get(name) { return this.state[name]; }
    on(event, listener) { this.listeners.push([event, listener]); }
    off(event, listener) { this.listeners = this.listeners.filter((l) => l[0] !== event || l[1] !== listener); }
    send(content) { parent.postMessage({ kind: "send", comm: this.comm, content }, "*"); }
    hear(content, buffers) {
      for (const [event, listener] of [...this.listeners]) if (event === "msg:custom") listener(content, buffers);
    }
  }
  let bundle, shown;
  const models = new Map();
  async function show({ comm, state }) {
    shown?.abort();
    shown = new AbortController();
    const { signal } = shown;
    const output = document.getElementById("output");
    output.replaceChildren();
    models.clear();
    // Each widget loads its own copy, as anywidget does.
    const address = URL.createObjectURL(new Blob([bundle.esm], { type: "text/javascript" }));
    const { default: make } = await import(address);
    const widget = typeof make === "function" ? await make() : make;
    const model = new Model(comm, state);
    models.set(comm, model);
    const el = document.createElement("div");
    output.append(el);
    await widget.initialize?.({ model, signal, experimental: {} });
    await widget.render?.({ model, el, signal, experimental: {} });
  }
  window.addEventListener("message", ({ data }) => {
    if (data.kind === "bundle") {
      bundle = data;
      document.head.append(Object.assign(document.createElement("style"), { textContent: data.css }));
    } else if (data.kind === "show") show(data).catch((error) => { console.error(error); });
    else if (data.kind === "message")
      models.get(data.comm)?.hear(data.content, data.buffers.map((each) => new DataView(each)));
  });
  parent.postMessage({ kind: "ready" }, "*");
</script>"""

PAGE = """<!doctype html><meta charset="utf-8"><title>plain host</title><link rel="icon" href="data:,">
<style>body { margin: 0; } iframe { width: 100%; height: 760px; border: 0; }</style>
<iframe RIGHTS></iframe>
<script>
  const frame = document.querySelector("iframe");
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
  const tell = (message, buffers = []) => frame.contentWindow.postMessage(message, "*", buffers);
  let sent = Promise.resolve();
  window.addEventListener("message", async ({ data }) => {
    if (data.kind === "ready") {
      tell({ kind: "bundle", ...(await (await fetch("/bundle")).json()) });
      window.ready = true;
    } else if (data.kind === "send")
      sent = sent.then(() => fetch("/send", { method: "POST", body: JSON.stringify(data) }));
  });
  window.show = (widget) => tell({ kind: "show", ...widget });
  (async () => {
    for (let after = SINCE; ; ) {
      const news = await (await fetch(`/news?after=${after}`)).json();
      after = news.after;
      for (const { comm, content, buffers } of news.messages) {
        const made = buffers.map(bytes);
        tell({ kind: "message", comm, content, buffers: made }, made);
      }
    }
  })();
  frame.srcdoc = DOCUMENT;
</script>"""

SANDBOXED = 'sandbox="allow-scripts"'
FREE = 'allow="fullscreen"'
"""What the frame may do, as its attributes: run scripts and nothing else, or all that a page may."""

LONGEST_POLL = 1.0
"""Seconds for which a page waits for news before it asks again."""


class PlainHost:
    """The kernel's end: widgets made by `widget()` talk to the page at `address`; its frame has these `rights`."""

    def __init__(self, rights: str = SANDBOXED) -> None:
        self._rights = rights
        self._comms: dict[str, BaseComm] = {}
        self._news: list[dict[str, Any]] = []
        self._came = threading.Condition()
        self._hearing = threading.Lock()
        self.deaf = False
        """Whether nothing that the page sends arrives, as after the kernel was restarted."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Of the page."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def widget(self, make: Callable[[], Any]) -> dict[str, Any]:
        """Make a widget that talks to the page; returns what the page needs to show it."""
        host = self

        class Bridged(BaseComm):
            def publish_msg(self, msg_type: str, data: Any = None, buffers: Any = None, **_: Any) -> None:
                if msg_type == "comm_msg" and data and data.get("method") == "custom":
                    host.tell(self.comm_id, data["content"], list(buffers or []))

        before, comm.create_comm = comm.create_comm, Bridged
        try:
            made = make()
        finally:
            comm.create_comm = before
        self._comms[made.comm.comm_id] = made.comm
        return {"comm": made.comm.comm_id, "state": {"review": made.review, "panel": made.panel}}

    def tell(self, to: str, content: Any, buffers: list[Any]) -> None:
        """Send a message to the page."""
        packed = [base64.b64encode(bytes(memoryview(b).cast("B"))).decode() for b in buffers]
        with self._came:
            self._news.append({"comm": to, "content": content, "buffers": packed})
            self._came.notify_all()

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()

    def _hear(self, message: dict[str, Any]) -> None:
        if self.deaf:
            return
        with self._hearing:  # one after the other, as a kernel does
            data = {"method": "custom", "content": message["content"]}
            self._comms[message["comm"]].handle_msg({"content": {"data": data}, "buffers": [], "metadata": {}})

    def _since(self, after: int) -> dict[str, Any]:
        with self._came:
            self._came.wait_for(lambda: len(self._news) > after, LONGEST_POLL)
            return {"after": len(self._news), "messages": self._news[after:]}

    def _page(self) -> str:
        with self._came:
            since = len(self._news)  # what was said to an earlier page is not said again
        page = PAGE.replace("RIGHTS", self._rights)
        return page.replace("SINCE", str(since)).replace("DOCUMENT", json.dumps(FRAME).replace("</", "<\\/"))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = urlparse(self.path)
                if asked.path == "/":
                    self._answer(host._page(), "text/html; charset=utf-8")
                elif asked.path == "/bundle":
                    esm, css = ((STATIC / f"widget.{kind}").read_text(encoding="utf-8") for kind in ("js", "css"))
                    self._answer(json.dumps({"esm": esm, "css": css}), "application/json")
                elif asked.path == "/news":
                    after = int(parse_qs(asked.query)["after"][0])
                    self._answer(json.dumps(host._since(after)), "application/json")
                else:
                    self.send_error(404)

            def do_POST(self) -> None:
                host._hear(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self._answer("", "text/plain")

            def _answer(self, text: str, kind: str) -> None:
                body = text.encode()
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                try:
                    self.end_headers()
                    self.wfile.write(body)
                except (BrokenPipeError, ConnectionResetError):  # the page that asked has gone
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                """Say nothing of each request."""

        return Handler
