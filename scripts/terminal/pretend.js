// Imported before the command line: what it writes goes to a file, and looks as on a terminal of 80 columns.

for (const stream of [process.stdout, process.stderr]) Object.assign(stream, { isTTY: true, columns: 80 });
