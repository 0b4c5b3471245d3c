// Judges the examples with ajv, so that a contract means the same to JavaScript as to Python.
// usage: node judge.mjs CONTRACTS_FOLDER EXAMPLES.json  -> a JSON list of true and false
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';

const [folder, examples] = process.argv.slice(2);
const ajv = new Ajv2020({ strict: false, allErrors: false });
const home = new Map();
for (const name of readdirSync(folder).filter((file) => file.endsWith('.schema.json'))) {
  const schema = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  ajv.addSchema(schema, name);
  for (const shape of Object.keys(schema.$defs)) home.set(shape, name);
}
const verdicts = JSON.parse(readFileSync(examples, 'utf8')).map(({ shape, value }) =>
  ajv.validate({ $ref: `${home.get(shape)}#/$defs/${shape}` }, value),
);
console.log(JSON.stringify(verdicts));
