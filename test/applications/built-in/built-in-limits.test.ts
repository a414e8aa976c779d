// What a JSL sent inline may reach is decided here, and each way around it is a way into the server's files and network.
import { realpath, symlink } from 'node:fs/promises'
import t from 'tap'
import {
  builtInLimits,
  type BuiltInLimits,
  type BuiltInSettings,
  NOTHING_INLINE
} from '../../../src/applications/built-in/built-in-limits.ts'
import { folderWith } from '../support.ts'

const limitsOf = (settings: Partial<BuiltInSettings>, directory = '/srv/app'): BuiltInLimits =>
  builtInLimits({ ...NOTHING_INLINE, ...settings }, directory)

t.test('packaged JSL may use any file, relative ones begin at the application’s folder', async t => {
  const root = await realpath(await folderWith(t, { 'app/in.csv': '', 'elsewhere/x': '' }))
  const limits = limitsOf({}, `${root}/app`)
  t.equal(await limits.checkFile('in.csv', false), `${root}/app/in.csv`)
  t.equal(await limits.checkFile('../elsewhere/new/y', false), `${root}/elsewhere/new/y`)
  t.equal(await limits.checkFile('/etc/hosts', false), '/etc/hosts')
  await t.rejects(limits.checkFile('', false), /empty/)
  await t.rejects(limits.checkFile('a\0b', false), /NUL/)
})

t.test('inline JSL may use no file outside of the folders, whatever the path looks like', async t => {
  const root = await realpath(
    await folderWith(t, { 'in/a.csv': '', 'in/sub/b.csv': '', 'in2/c': '', secret: '' })
  )
  await symlink(`${root}/secret`, `${root}/in/link`)
  await symlink(root, `${root}/in/up`)
  await symlink(`${root}/new`, `${root}/in/dangling`)
  await symlink('../new-relative', `${root}/in/sub/dangling`)
  await symlink('dangling-loop', `${root}/in/dangling-loop`)
  await symlink(`${root}/in`, `${root}/alias`)
  const limits = limitsOf({ inlineFolders: [`${root}/alias`] }, `${root}/app`)
  t.equal(await limits.checkFile(`${root}/in/a.csv`, true), `${root}/in/a.csv`)
  t.equal(await limits.checkFile(`${root}/alias/sub/new/file`, true), `${root}/in/sub/new/file`)
  t.equal(await limits.checkFile('../in/sub/../a.csv', true), `${root}/in/a.csv`)
  t.equal(await limits.checkFile(`${root}/in/..b`, true), `${root}/in/..b`, 'a name that begins with dots')
  t.equal(await limits.checkFile(`${root}/in/sub/dangling`, true), `${root}/in/new-relative`)
  for (const out of [
    `${root}/secret`,
    `${root}/in/../secret`,
    `${root}/in/link`,
    `${root}/in/up/secret`,
    `${root}/in/up/new/file`,
    `${root}/in/dangling`,
    `${root}/in2/c`,
    '../../../../../../etc/passwd',
    '/proc/self/root/etc/passwd',
    'in.csv'
  ])
    await t.rejects(
      limits.checkFile(out, true),
      {
        message: `A JSL sent inline may not use the file ${out}; the folders it may use (BATCH_INLINE_FOLDERS) are: ${root}/alias.`
      },
      out
    )
  await t.rejects(limits.checkFile(`${root}/in/dangling-loop`, true), /too many links/)
  await t.rejects(limitsOf({}).checkFile('/etc/hosts', true), /BATCH_INLINE_FOLDERS\) are: none/)
})

t.test('only http and https URLs without user and password are URLs', async t => {
  const limits = limitsOf({})
  t.equal(limits.checkURL('HTTPS://Example.COM:443/a', false).href, 'https://example.com/a')
  for (const none of [
    'file:///etc/passwd',
    'ftp://a/',
    'gopher://a',
    'data:,x',
    '/a',
    '',
    '//a',
    'javascript:1'
  ])
    t.throws(() => limits.checkURL(none, false), /is no http or https URL/, none)
  t.throws(() => limits.checkURL('http://bob:hush@a/', false), /has a user or password/)
  t.throws(() => limits.checkURL('http://bob:hush@a/?k=hush', false), {
    message: 'http://a/?… has a user or password; credentials belong into the headers property.'
  })
})

t.test('inline JSL may call the listed origins and paths, and no trick makes another of them', async t => {
  const limits = limitsOf({ inlineURLs: ['https://api.example.com/v2', 'http://127.0.0.1:8080'] })
  for (const allowed of [
    'https://api.example.com/v2',
    'https://api.example.com/v2/',
    'https://api.example.com/v2?x=../..',
    'https://api.example.com/v2/a%20b/c',
    'HTTPS://API.EXAMPLE.COM:443/v2/x',
    'http://127.0.0.1:8080/anything',
    'http://0x7f.1:8080/'
  ])
    t.ok(limits.checkURL(allowed, true), allowed)
  for (const refused of [
    'http://api.example.com/v2',
    'https://api.example.com/',
    'https://api.example.com/v1',
    'https://api.example.com/v22',
    'https://api.example.com/V2/x',
    'https://api.example.com:8443/v2',
    'https://api.example.com.evil.org/v2',
    'https://evil.org/https://api.example.com/v2',
    'https://evil.org#https://api.example.com/v2',
    'https://evil.org\\@api.example.com/v2',
    'https://api.example.com/v2/../admin',
    'https://api.example.com/v2/%2e%2e/admin',
    'https://api.example.com/v2/..%2fadmin',
    'https://api.example.com/v2/%2e%2e%2fadmin',
    'https://api.example.com/v2/..%5cadmin',
    'https://api.example.com/v2/%252e%252e%252fadmin',
    'https://api.example.com/v2/..;/admin',
    'https://api.example.com/v2\\..\\admin',
    'https://api.example.com/v2/%zz',
    'http://127.0.0.1/',
    'http://localhost:8080/',
    'http://[::1]:8080/',
    'http://127.0.0.1:8081/'
  ])
    t.throws(() => limits.checkURL(refused, true), /BATCH_INLINE_URLS\) are: https:/, refused)
  t.throws(() => limits.checkURL('https://api.example.com@evil.org/v2', true), /user or password/)
  t.throws(() => limitsOf({}).checkURL('https://a/', true), /BATCH_INLINE_URLS\) are: none/)
})

t.test('connections go by name, inline by the listed names, and no message has a URL of theirs', async t => {
  const settings = {
    connections: { sales: 'postgres://u:hush@h/sales', hr: 'postgres://u:hush@h/hr' },
    inlineConnections: ['sales']
  }
  const limits = limitsOf(settings)
  t.equal(limits.connectionURL('hr', false), settings.connections.hr)
  t.equal(limits.connectionURL('sales', true), settings.connections.sales)
  t.throws(() => limits.connectionURL('hr', true), {
    message:
      'A JSL sent inline may not use the connection hr; the connections it may use (BATCH_INLINE_CONNECTIONS) are: sales.'
  })
  t.throws(() => limits.connectionURL('toString', false), {
    message: 'There is no connection toString; BATCH_CONNECTIONS has sales, hr.'
  })
  t.throws(() => limitsOf({ inlineConnections: ['__proto__'] }).connectionURL('__proto__', true), /has none/)
})

t.test('the shell is off, for packaged JSL, or for inline JSL too', async t => {
  const allows = (shell: BuiltInSettings['shell'], inline: boolean) => {
    try {
      limitsOf({ shell }).checkShell(inline)
      return 'allowed'
    } catch (error) {
      return (error as Error).message
    }
  }
  t.match(allows('off', false), /BATCH_SHELL is off/)
  t.match(allows('off', true), /BATCH_SHELL is off/)
  t.equal(allows('packaged', false), 'allowed')
  t.match(allows('packaged', true), /BATCH_SHELL is packaged/)
  t.equal(allows('inline', true), 'allowed')
})
