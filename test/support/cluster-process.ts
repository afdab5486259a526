// A cluster as a process of its own, to be killed: answers everything with its name, tells its port to the parent.
import { createServer } from "node:http";

const [, , name = "", port = "0"] = process.argv;
let requests = 0;
const server = createServer((request, response) => {
  if (request.url === "/.count") {
    response.end(`${requests}`);
    return;
  }
  requests++;
  request.resume();
  request.on("end", () => response.writeHead(200, { "x-cluster": name, "content-length": name.length }).end(name));
});
server.listen(Number(port), "127.0.0.1", () => {
  const address = server.address();
  process.send?.(typeof address === "object" ? address?.port : 0);
});
process.on("disconnect", () => process.exit());
