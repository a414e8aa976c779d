// Without this a name could choose its folder, or two names share one.
import fs from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { folderName, nameOfFolder } from '../../src/joblog/folder-name.ts'

// Whole names from the characters that hurt, and any UTF-16 at all, lone surrogates included.
const hostile = fc
  .array(
    fc.constantFrom(
      '.',
      '-',
      '/',
      '\\',
      '%',
      '%~',
      ' ',
      '\0',
      '\n',
      'a',
      'A',
      'é',
      'e\u0301',
      '홍',
      '\ud800',
      '\udc00',
      '😀',
      '~',
      '$',
      'CON',
      '\u115F'
    )
  )
  .map(pieces => pieces.join(''))
const units = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 })
  .map(codes => String.fromCharCode(...codes))
const anyName = fc.oneof(
  hostile,
  units,
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ minLength: 200, maxLength: 300 })
)

t.test('two different names never share a folder', async t => {
  const seen = new Map<string, string>()
  fc.assert(
    fc.property(anyName, name => {
      const folder = folderName(name)
      const before = seen.get(folder)
      seen.set(folder, name)
      return before === undefined || before === name
    }),
    { numRuns: 20_000 }
  )
  const long = 'x'.repeat(255)
  t.not(folderName(`${long}1`), folderName(`${long}2`), 'long ones differ by their hash')
  t.not(
    folderName(`${'%'.repeat(200)}\ud800`),
    folderName(`${'%'.repeat(200)}\ud801`),
    'and so do lone surrogates'
  )
  t.not(folderName('\u00e9'), folderName('e\u0301'), 'also where the file system composes characters')
  t.not(folderName('\u00e9').normalize('NFC'), folderName('e\u0301').normalize('NFC'))
})

t.test('a folder name is one harmless component of at most 240 bytes', async () => {
  fc.assert(
    fc.property(anyName, name => {
      const folder = folderName(name)
      return (
        folder !== '' &&
        Buffer.byteLength(folder) <= 240 &&
        folder.isWellFormed() &&
        // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
        !/[\x00-\x20\x7f/\\:*?"<>|'`$&;(){}[\]!#^]/.test(folder) &&
        !/^[.-]|\.$/.test(folder) &&
        path.posix.normalize(`/root/${folder}/x`) === `/root/${folder}/x`
      )
    }),
    { numRuns: 20_000 }
  )
})

t.test('a folder name that was not cut can be read back, and no other text can', async t => {
  fc.assert(
    fc.property(anyName, name => [name, null].includes(nameOfFolder(folderName(name)))),
    { numRuns: 10_000 }
  )
  fc.assert(fc.property(anyName, folder => [folder, undefined].includes(asRead(folder))))
  t.equal(nameOfFolder('a%2Fb'), 'a/b')
  t.equal(nameOfFolder('%61'), null, 'an escape that was not needed')
  t.equal(nameOfFolder('%~abc'), null)
})

t.test('ordinary names stay as they are, and Korean stays readable', async t => {
  for (const name of ['test_basic', 'SimpleBatchJob', 'step-1.2', '급여작업', 'a'.repeat(240)])
    t.equal(folderName(name), name)
})

t.test('names a file system or shell would choke on are encoded', async t => {
  const cases = {
    '.': '%2E',
    '..': '%2E%2E',
    '-rf': '%2Drf',
    '': '%',
    'nul.txt': '%6Eul.txt',
    'a ': 'a%20',
    '%': '%25'
  }
  for (const [name, folder] of Object.entries(cases)) t.equal(folderName(name), folder)
})

t.test('the file system takes every folder name', async t => {
  const root = t.testdir()
  fc.assert(
    fc.property(anyName, name => {
      const folder = path.join(root, `partition.${folderName(name)}`)
      fs.mkdirSync(folder, { recursive: true })
      return path.dirname(fs.realpathSync(folder)) === fs.realpathSync(root)
    }),
    { numRuns: 300 }
  )
})

function asRead(folder: string): string | undefined {
  const name = nameOfFolder(folder)
  return name === null ? undefined : folderName(name)
}
