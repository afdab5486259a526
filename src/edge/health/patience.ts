/** Rejects when nothing has come in time: what an object does that is frozen can't be waited for. */
export function within<Value>(milliseconds: number, promise: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no answer in time")), milliseconds);
    const end = () => clearTimeout(timer);
    promise.then(resolve, reject).then(end, end);
  });
}
