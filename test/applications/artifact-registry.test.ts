import { join } from 'node:path'
import t from 'tap'
import { type ArtifactRegistry, loadArtifacts } from '../../src/applications/artifact-registry.ts'
import { BUILT_IN_ARTIFACTS } from '../../src/applications/built-in/built-in-artifacts.ts'
import type { Batchlet } from '../../src/batch/artifacts.ts'
import { folderWith, injectedWith } from './support.ts'

type Files = Parameters<typeof folderWith>[1]
const registryOf = async (t: Parameters<typeof folderWith>[0], files: Files) =>
  loadArtifacts(await folderWith(t, files))
const ownNames = ({ names }: ArtifactRegistry) =>
  names.filter(name => !Object.hasOwn(BUILT_IN_ARTIFACTS, name))
const batchXML = (refs: string) =>
  `<?xml version="1.0"?><batch-artifacts xmlns="urn:x">${refs}</batch-artifacts>`

t.test(
  'an export of the very name comes before batch.xml, that before the last part of a dotted name',
  async t => {
    const registry = await registryOf(t, {
      'artifacts.mjs': `
      export const exact = () => 'export'
      export const mapped = () => 'by id'
      export const Loader = () => 'last part'
      export { exact as 'com.acme.Whole' }`,
      'batch.xml': batchXML(`
      <ref id="exact" class="mapped"/>
      <ref id="myLoader" class="com.acme.Loader"/>
      <ref id="com.acme.Loader" class="mapped"/>`)
    })
    const run = (ref: string) => (registry.create(ref, injectedWith()) as Batchlet).process()
    t.equal(await run('exact'), 'export')
    t.equal(await run('myLoader'), 'last part')
    t.equal(await run('com.acme.Loader'), 'by id')
    t.equal(await run('org.other.Loader'), 'last part')
    t.equal(await run('org.other.Outer$Loader'), 'last part')
    t.equal(await run('com.acme.Whole'), 'export')
    t.same(ownNames(registry).toSorted(), [
      'Loader',
      'com.acme.Loader',
      'com.acme.Whole',
      'exact',
      'mapped',
      'myLoader'
    ])
  }
)

t.test('a ref nobody exports is refused naming application and nearest exports first', async t => {
  const exports = Array.from({ length: 12 }, (_, index) => `export const other${index} = () => 0`)
  const registry = await registryOf(t, {
    'artifacts.mjs': `export const csvReader = () => 0\n${exports.join('\n')}`,
    'batch.xml': batchXML('<ref id="old" class="com.acme.CsvRaeder"/>')
  })
  const create = (ref: string) => () => registry.create(ref, injectedWith())
  t.throws(
    create('CSVReder'),
    /^Artifact CSVReder is not exported by artifacts\.mjs of application batchyard-test-\w+; it exports csvReader, other.* and 3 more\.$/
  )
  t.throws(
    create('old'),
    /Artifact old, which batch\.xml says is com\.acme\.CsvRaeder, is not exported .* csvReader,/
  )
  for (const ref of ['', '__proto__', 'constructor', 'toString', 'a.__proto__', '.', 'x'.repeat(10_000)])
    t.throws(create(ref), /is not exported by/, ref.slice(0, 20))
})

t.test('an export that is no artifact is refused naming ref and application', async t => {
  const registry = await registryOf(t, { 'artifacts.mjs': 'export const size = 42' })
  t.throws(
    () => registry.create('size', injectedWith()),
    /Artifact size of application batchyard-test-\w+ is of type number/
  )
})

t.test('the module is TypeScript, CommonJS, or the entry of package.json', async t => {
  const module = `export const a = () => 'found'`
  const entry = (description: object) => ({
    'package.json': JSON.stringify(description),
    'lib/main.mjs': module
  })
  for (const [title, files] of Object.entries({
    typescript: { 'artifacts.ts': `export const a = (): string => 'found'` },
    javascript: { 'artifacts.js': module, 'package.json': '{"type":"module"}' },
    commonjs: { 'artifacts.js': `const all = { a: () => 'found' }; module.exports = Object.assign({}, all)` },
    main: entry({ main: 'lib/main.mjs' }),
    exports: entry({ exports: './lib/main.mjs', main: 'nothing' }),
    conditions: entry({
      exports: { './x': './no', '.': { types: './t', require: './no', import: ['./lib/main.mjs'] } }
    })
  } satisfies Record<string, Files>)) {
    const registry = await registryOf(t, files)
    t.equal(await (registry.create('a', injectedWith()) as Batchlet).process(), 'found', title)
  }
})

t.test('a module that cannot be loaded is refused naming file and reason', async t => {
  for (const [files, says] of [
    [
      { 'artifacts.ts': 'export const a = 1\nconst b = = 2' },
      /artifacts\.ts of application .*artifacts\.ts:2\n[^]*const b = = 2\n[^]*SyntaxError/
    ],
    [{ 'artifacts.ts': 'export enum A { B }' }, /enum is not supported/],
    [
      { 'artifacts.mjs': `import 'no-such-package-here'` },
      /cannot be loaded: .*Cannot find package 'no-such-package-here'/
    ],
    [{ 'artifacts.mjs': `throw new RangeError('at the top')` }, /cannot be loaded: RangeError: at the top/],
    [{ 'artifacts.mjs': `throw 'text'` }, /cannot be loaded: text/],
    [{ 'package.json': '{' }, /package\.json of application .* cannot be read/],
    [{ 'package.json': '{"main":"../../x.js"}' }, /leads out of the application/],
    [{ 'package.json': '{"main":"x.js"}' }, /names a module that is not there: x\.js/],
    [{ 'package.json': '{"exports":{"require":"./x.js"}}' }, /names no module/]
  ] satisfies [Files, RegExp][])
    await t.rejects(registryOf(t, files), says)
})

t.test('an application without a module has no artifacts, and says so', async t => {
  for (const files of [
    { 'batch-jobs/a.xml': '' },
    { 'package.json': '{"type":"module"}' }
  ] satisfies Files[]) {
    const registry = await registryOf(t, files)
    t.throws(() => registry.create('a', injectedWith()), /which has no artifacts\.ts/)
  }
  const directory = await folderWith(t, { file: '' })
  await t.rejects(loadArtifacts(join(directory, 'gone')), /Application gone is not there any more/)
  await t.rejects(loadArtifacts(join(directory, 'file')), /Application file is not a folder/)
})

t.test('batch.xml is read in either place and refused when it is broken', async t => {
  const files = { 'artifacts.mjs': 'export const A = () => 1' }
  const archive = await registryOf(t, { ...files, 'META-INF/batch.xml': batchXML('<ref id="a" class="A"/>') })
  t.equal(await (archive.create('a', injectedWith()) as Batchlet).process(), 1)
  t.same(ownNames(await registryOf(t, { ...files, 'batch.xml': '<batch-artifacts/>' })), ['A'])
  for (const [content, says] of [
    ['<batch-artifacts>', /batch\.xml of application .* cannot be read/],
    ['<other/>', /its root is not batch-artifacts/],
    [batchXML('<ref id="a"/>'), /needs both id and class/],
    [batchXML('<ref/>'), /needs both id and class/],
    [`<!DOCTYPE x [<!ENTITY a "b">]>${batchXML('')}`, /document type declaration/]
  ] as const)
    await t.rejects(registryOf(t, { ...files, 'batch.xml': content }), says)
})

t.test('artifacts.cjs is a module of artifacts too', async t => {
  const registry = await registryOf(t, { 'artifacts.cjs': `exports.common = () => 'required'` })
  t.equal(await (registry.create('common', injectedWith()) as Batchlet).process(), 'required')
})
