/** A page is loaded when it is opened, and its style sheet with it: what others use as well belongs to `ui`. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(__dirname, "..");
const ALWAYS = /^(ui|theme|shell)\//;
const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" });
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const used = files.filter((file) => file.endsWith(".tsx")).map((file) => ({ file, classes: classesIn(read(file)) }));

const drawn = used.filter(({ file }) => ALWAYS.test(file)).flatMap(({ classes }) => [...classes]);
const shared = new Set([...drawn, ...files.filter((file) => file.endsWith(".css") && ALWAYS.test(file)).flatMap((file) => [...definedIn(file)])]);

function definedIn(sheet: string): Set<string> {
  return new Set([...read(sheet).matchAll(/\.([a-z][\w-]*)/g)].map(([, name]) => name ?? ""));
}

function classesIn(source: string): Set<string> {
  const said = source.matchAll(/className=(?:"([^"]*)"|\{`([^`]*)`\}|\{([^}]*)\})/g);
  return new Set([...said].flatMap(([, ...parts]) => parts.join(" ").split(/[^\w-]+/)));
}

it.each(files.filter((file) => file.endsWith(".css") && !ALWAYS.test(file)))("%s is used beside it only", (sheet) => {
  const defined = definedIn(sheet);
  const home = dirname(sheet);
  const strangers = used.filter(({ file }) => relative(home, file).startsWith("..") && !ALWAYS.test(file));
  const borrowed = strangers.flatMap(({ file, classes }) => [...classes].filter((name) => defined.has(name) && !shared.has(name)).map((name) => `${file}: ${name}`));
  expect(borrowed).toEqual([]);
});
