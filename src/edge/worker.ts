// The one module of the deployed worker: the table lies beside the bundle and is never bundled into it.

import { createEdge } from "./app.ts";
import table from "./table.bin";

export default createEdge(table);
