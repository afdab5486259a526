/** What a close may not say: nothing was said, or the connection went without a word (RFC 6455 §7.4.1). */
const NO_STATUS = 1005;
const LOST = 1006;
/** What the other end is told then. */
const ENDED_BADLY = 1011;

/**
 * A cluster's WebSocket for the client, its messages passed on one by one: of one that is passed on as a whole nobody
 * learns the end. `end` is called when the first of the two sides closes or is lost.
 */
export function relayed(cluster: WebSocket, end: () => void): WebSocket {
  const { 0: client, 1: edge } = new WebSocketPair();
  for (const socket of [cluster, edge]) {
    socket.binaryType = "arraybuffer";
    // The other side's close is waited for, not answered by the runtime.
    socket.accept({ allowHalfOpen: true });
  }
  passOn(cluster, edge, end);
  passOn(edge, cluster, end);
  return client;
}

function passOn(from: WebSocket, to: WebSocket, end: () => void): void {
  from.addEventListener("message", ({ data }) => {
    try {
      to.send(data);
    } catch {
      // The other side has closed: what comes after that is for nobody.
    }
  });
  from.addEventListener("close", ({ code, reason }) => {
    close(to, code, reason);
    end();
  });
  from.addEventListener("error", () => {
    close(to, LOST, "");
    end();
  });
}

function close(socket: WebSocket, code: number, reason: string): void {
  try {
    if (code === NO_STATUS) socket.close();
    else socket.close(code === LOST ? ENDED_BADLY : code, reason);
  } catch {
    // Closed before.
  }
}
