// AsyncAPI's own parser says whether a document is valid: node asyncapi.mjs TOOLS FILE
import { createRequire } from 'node:module';
const [tools, file] = process.argv.slice(2);
const { Parser, fromFile } = createRequire(`${tools}/node/`)('@asyncapi/parser');

const { document, diagnostics } = await fromFile(new Parser(), file).parse();
const errors = diagnostics.filter(one => one.severity === 0);
for (const one of errors) console.log(`${one.path.join('/')}: ${one.message}`);
if (document) console.log(`valid: ${document.version()}, ${document.channels().all().length} channels, ` +
  `${document.operations().all().length} operations, ${document.messages().all().length} messages`);
process.exitCode = document && errors.length === 0 ? 0 : 1;
