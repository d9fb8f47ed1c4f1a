// Parses each text of a JSON list on standard input. Prints what is wrong with each, or null.
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";

// Mermaid cleans labels with a library that needs a document.
const { window } = new JSDOM("");
globalThis.window = window;
globalThis.document = window.document;
const { default: mermaid } = await import("mermaid");

const found = [];
for (const text of JSON.parse(readFileSync(0, "utf8"))) {
  found.push(await mermaid.parse(text).then(() => null, String));
}
console.log(JSON.stringify(found));
