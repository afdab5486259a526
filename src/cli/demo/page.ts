import type { Table } from "../../table/reader.ts";

/** The demo's page: routes as compiled, clusters and counts as they are, fetched through the edge every second. */
export function demoPage(table: Table): string {
  const routes = Array.from({ length: table.hostCount }, (_, index) => table.router(index)).flatMap(
    ({ hostname, rules }) =>
      rules.map(
        ({ path, pathType, backends, name }) =>
          `<tr><td>${escapeHtml(hostname)}</td><td><code>${escapeHtml(path)}</code></td><td>${pathType}</td>` +
          `<td>${escapeHtml(backends.map((backend) => backend.name).join(", "))}</td><td>${escapeHtml(name)}</td></tr>`,
      ),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>edge-ingress demo</title>
<style>
  :root { color-scheme: light dark; --line: #8884; --live: #2a9d57; --gone: #d1495b; }
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 3rem auto; padding: 0 1.2rem; }
  h1 { font-size: 1.5rem; margin-bottom: .2rem } h2 { font-size: 1.05rem; margin-top: 2.2rem }
  table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .35rem .7rem .35rem 0; border-bottom: 1px solid var(--line) }
  th { font-weight: 600; font-size: .85rem; opacity: .75 }
  #clusters { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 1rem }
  .cluster { border: 1px solid var(--line); border-left: 5px solid var(--live); border-radius: 6px; padding: .7rem 1rem }
  .cluster.gone { border-left-color: var(--gone); opacity: .75 }
  .count { font-size: 1.9rem; font-variant-numeric: tabular-nums } small { opacity: .75 } code { font-size: .92em }
</style></head>
<body>
<h1>edge-ingress</h1>
<p>This page came through the edge, from cluster <b id="self">…</b>. Table <code>${table.contentHash.slice(0, 12)}</code>.</p>
<h2>Clusters</h2>
<div id="clusters"></div>
<p><small>Counts are requests to the example services. Stop a cluster with the command on its card: requests go on.</small></p>
<h2>Routes</h2>
<table><thead><tr><th>Host</th><th>Path</th><th>Type</th><th>Service</th><th>From</th></tr></thead>
<tbody>${routes.join("\n")}</tbody></table>
<script>
const cards = document.getElementById("clusters");
function card({ name, pid, counts }) {
  const element = document.createElement("div");
  element.className = counts ? "cluster" : "cluster gone";
  const line = (tag, text, className) => {
    const part = document.createElement(tag);
    part.textContent = text;
    if (className) part.className = className;
    element.append(part);
  };
  line("b", name);
  line("div", counts ? String(counts.requests) : "gone", "count");
  for (const [service, count] of Object.entries(counts?.byService ?? {})) line("div", service + ": " + count);
  line("small", counts ? "kill " + pid : "process " + pid + " ended");
  return element;
}
async function refresh() {
  try {
    const { answeredBy, clusters } = await (await fetch("/counts")).json();
    document.getElementById("self").textContent = answeredBy;
    cards.replaceChildren(...clusters.map(card));
  } catch {
    document.getElementById("self").textContent = "(no answer)";
  }
  setTimeout(refresh, 1000);
}
refresh();
</script>
</body></html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
