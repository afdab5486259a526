declare const table: ArrayBuffer;
export default table;
