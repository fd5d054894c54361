// The button for other sites: <script src="https://…/widget.js" data-agent="clinic"></script>. What opens behind it is loaded when it is pressed.

(() => {
  const script = document.currentScript;
  const base = new URL(script.src).origin;
  const about = { label: "Talk to us", color: "#166a5b", ink: "#ffffff", position: "right", language: "en", ...script.dataset };
  const host = document.createElement("lkrun-widget");
  const root = host.attachShadow({ mode: "open" });
  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { all: initial; position: fixed; z-index: 2147483000; bottom: 1.25rem; inset-inline-${about.position === "left" ? "start" : "end"}: 1.25rem; font: 400 16px/1.5 system-ui, sans-serif; }
    button { font: 600 15px/1.2 system-ui, sans-serif; min-height: 2.75rem; padding: .5rem 1.25rem; border: 0; border-radius: 999px; cursor: pointer; background: var(--color); color: var(--ink); }
    button:focus-visible { outline: 3px solid var(--color); outline-offset: 3px; }
    .open { box-shadow: 0 6px 24px rgb(0 0 0 / 22%); }
    [hidden] { display: none !important; }`);
  root.adoptedStyleSheets = [style];
  host.style.setProperty("--color", about.color);
  host.style.setProperty("--ink", about.ink);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "open";
  button.textContent = about.label;
  button.setAttribute("aria-haspopup", "dialog");
  root.append(button);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const { show } = await import(`${base}/-/page/widget.js`);
      await show(root, button, about);
    } catch {
      button.textContent = "Not to be reached from this page";
    }
    button.disabled = false;
  });
  const put = () => document.body.append(host);
  if (document.body) put(); else addEventListener("DOMContentLoaded", put);
})();
