import { mkdir, symlink, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { decodeXML } from '../../src/applications/decode-xml.ts'
import { JOB_XML_LIMIT, jobXMLNames, readJobXML } from '../../src/applications/job-xml.ts'
import { folderWith } from './support.ts'

const applicationWith = async (
  t: Parameters<typeof folderWith>[0],
  files: Record<string, string | Uint8Array>
) => ({
  name: 'app',
  directory: await folderWith(t, files)
})

t.test('packaged JSL is found by its file name in either folder, batch-jobs first', async t => {
  const application = await applicationWith(t, {
    'batch-jobs/b.xml': 'plain',
    'META-INF/batch-jobs/b.xml': 'archive',
    'META-INF/batch-jobs/a.xml': 'archive',
    'batch-jobs/notes.txt': '',
    'batch-jobs/.xml': '',
    'batch-jobs/매출.xml': 'sales'
  })
  t.same(await jobXMLNames(application), ['a', 'b', '매출'])
  t.equal(await readJobXML(application, 'b'), 'plain')
  t.equal(await readJobXML(application, 'a'), 'archive')
  t.equal(await readJobXML(application, '매출'), 'sales')
})

t.test('a jobXMLName that is a path is refused as one', async t => {
  const application = await applicationWith(t, { 'batch-jobs/a.xml': 'a', 'outside.xml': 'secret' })
  for (const name of ['../outside', '..', '.', '', '/etc/passwd', 'a/../a', '..\\outside', 'a\0', './a'])
    await t.rejects(readJobXML(application, name), { code: 'JobXMLNameInvalid' }, JSON.stringify(name))
})

t.test('an unknown jobXMLName is refused naming what there is', async t => {
  const application = await applicationWith(t, { 'batch-jobs/a.xml': 'a', 'batch-jobs/b.xml': 'b' })
  await mkdir(join(application.directory, 'batch-jobs', 'folder.xml'))
  for (const name of ['A', 'a.xml', 'c', 'folder', '%2e%2e', 'constructor'])
    await t.rejects(
      readJobXML(application, name),
      { code: 'JobXMLUnknown', message: /it has: a, b\.$/ },
      name
    )
})

t.test('an administrator may link packaged JSL from elsewhere', async t => {
  const application = await applicationWith(t, { 'batch-jobs/a.xml': 'a' })
  const mounted = await folderWith(t, { 'real.xml': 'mounted' })
  await symlink(join(mounted, 'real.xml'), join(application.directory, 'batch-jobs', 'linked.xml'))
  t.equal(await readJobXML(application, 'linked'), 'mounted')
})

t.test('packaged JSL beyond the limit is refused with its size', async t => {
  const application = await applicationWith(t, { 'batch-jobs/long.xml': '', 'batch-jobs/just.xml': '' })
  await truncate(join(application.directory, 'batch-jobs/long.xml'), JOB_XML_LIMIT + 1)
  await truncate(join(application.directory, 'batch-jobs/just.xml'), JOB_XML_LIMIT)
  await t.rejects(readJobXML(application, 'long'), { code: 'JslInvalid', message: /8388609 bytes/ })
  t.equal((await readJobXML(application, 'just')).length, JOB_XML_LIMIT)
})

t.test('text is decoded by its byte order mark, its declaration or as UTF-8', async t => {
  const text = (encoding: string) => `<?xml version="1.0" encoding='${encoding}'?><job id="Größe"/>`
  const swapped = (bytes: Buffer) => Buffer.from(bytes).swap16()
  const mark16 = Buffer.from([0xff, 0xfe])
  const utf16 = (encoding: string) => Buffer.from(text(encoding), 'utf16le')
  const cases: [string, string, Buffer][] = [
    ['UTF-8', text('UTF-8'), Buffer.from(text('UTF-8'))],
    [
      'UTF-8 with mark',
      text('UTF-8'),
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text('UTF-8'))])
    ],
    ['no declaration', '<job id="한국"/>', Buffer.from('<job id="한국"/>')],
    ['UTF-16 LE', text('UTF-16'), Buffer.concat([mark16, utf16('UTF-16')])],
    ['UTF-16 BE', text('UTF-16'), swapped(Buffer.concat([mark16, utf16('UTF-16')]))],
    ['UTF-16 LE without mark', text('utf-16LE'), utf16('utf-16LE')],
    ['UTF-16 BE without mark', text('UTF-16BE'), swapped(utf16('UTF-16BE'))],
    ['ISO-8859-1', text('ISO-8859-1'), Buffer.from(text('ISO-8859-1'), 'latin1')],
    [
      'Latin 1 controls',
      '<?xml version="1.0" encoding="latin1"?>\x85',
      Buffer.from('<?xml version="1.0" encoding="latin1"?>\x85', 'latin1')
    ],
    [
      'EUC-KR',
      '<?xml version="1.0" encoding="EUC-KR"?>가',
      Buffer.concat([Buffer.from('<?xml version="1.0" encoding="EUC-KR"?>'), Buffer.from([0xb0, 0xa1])])
    ],
    ['empty', '', Buffer.alloc(0)]
  ]
  for (const [name, expected, bytes] of cases) t.equal(decodeXML(bytes), expected, name)
})

t.test('bytes that are not in the encoding they claim are refused', async t => {
  const declared = (encoding: string) =>
    Buffer.from(`<?xml version="1.0" encoding="${encoding}"?><job id="é"/>`, 'latin1')
  const application = await applicationWith(t, {
    'batch-jobs/utf8.xml': declared('UTF-8'),
    'batch-jobs/utf16.xml': declared('UTF-16'),
    'batch-jobs/unknown.xml': declared('x-klingon'),
    'batch-jobs/utf32.xml': Buffer.from([0xff, 0xfe, 0, 0, 0x3c, 0, 0, 0])
  })
  await t.rejects(readJobXML(application, 'utf8'), {
    code: 'JslInvalid',
    message: /utf8\.xml is not valid utf-8/
  })
  await t.rejects(readJobXML(application, 'utf16'), { code: 'JslInvalid', message: /declares UTF-16/ })
  await t.rejects(readJobXML(application, 'unknown'), {
    code: 'JslInvalid',
    message: /not supported: x-klingon/
  })
  await t.rejects(readJobXML(application, 'utf32'), { code: 'JslInvalid', message: /not supported: utf-32/ })
})
