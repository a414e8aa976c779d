// The screen "Administration > Batches" of requirement document 004, row by row, as the REST API shows it after one command; and that
// its batches do what they say.
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { clientOf } from '../http/schedules/scheduling-client.ts'
import { buildApp } from '../support/build-app.ts'
import { as, writeUsersFile } from '../support/users.ts'
import { json, webServer } from './built-in/web-server.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')

/** As the document has them: code, label, in service, immediate launch, programming, last execution. */
const SCREEN = `
BATCH_APP_EN_MAINT	Mise en maintenance de l'application	x		Aucun jour à 22h55
BATCH_APP_EN_SERVICE	Mise en service de l'application	x		Aucun jour à 23h30
BATCH_ARCHIVAGE	Archivage de campagne	x		Aucun jour à 22h30
BATCH_ASYNC_OPI	Déversement d'OPI asynchrone	x		Aucun jour à 22h30
BATCH_DEMO	Mise à zéro de l'application			Tous les lun, mar, mer, jeu, ven à 03h50	FINISH
BATCH_DESTRUCT_DOSSIER	Destruction des dossiers archivés	x		Aucun jour à 22h30
BATCH_NETTOYAGE	Nettoyage des batches	x		Tous les lun, mar, mer, jeu, ven, sam, dim à 22h30	FINISH
BATCH_NETTOYAGE_CPT	Nettoyage des comptes à minima invalides	x		Aucun jour à 22h30
BATCH_SYNC_HRO_SISCOL	Synchro Si Scolarité	x		Tous les lun, mar, mer, jeu, ven à 21h00	FINISH
BATCH_SYNC_LIMESURVEY	Synchronisation des formulaires Limesurvey	x		Aucun jour à 22h30`

const COLUMNS = SCREEN.trim()
  .split('\n')
  .map(line => {
    const [code = '', label = '', inService = '', , programming = '', last = ''] = line.split('\t')
    return { code, label, inService: inService === 'x', programming, last }
  })

const systems = await webServer(t, (asked, response) => {
  if (asked.path === '/limesurvey/synchronise') response.writeHead(500).end('no survey')
  else json(response, { done: asked.path })
})
const app = await buildApp(t, { BATCH_INLINE_URLS: systems.origin })
const client = clientOf(app)
const { get, post } = client

/** The lines that it prints. Rejects with what it says on standard error where it fails. */
async function register(address = app.address(), ...more: readonly string[]): Promise<string[]> {
  const script = path.join(ROOT, 'jsl-samples/Admissions/register.ts')
  const options = [`--server=${address}`, `--call=${systems.origin}`, '--timeZone=Europe/Paris', ...more]
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...options], { cwd: ROOT })
  return stdout.trim().split('\n')
}

/** All schedules by code. */
const screen = async () =>
  (await get('/schedules?limit=100')).json.items as {
    code: string
    label: string
    state: string
    programming: { fr: string }
    lastRun: { text: { fr: string } } | null
  }[]

async function ran(code: string, parameters?: Readonly<Record<string, string>>) {
  const { status, json: run, text } = await post(`/schedules/${code}/run`, { parameters })
  if (status !== 201) throw new Error(text)
  return await client.ended(run.instanceId)
}

const logOf = async (instanceId: number) =>
  (await app.http.inject(`/ibm/api/batch/jobinstances/${instanceId}/joblogs?type=text`)).body

const accounts = async () =>
  (
    await rows<{ all: number; stale: number; pending: number }>(
      app.database.db,
      `select count(*)::int as all, count(*) filter (where validated_at is null)::int as pending,
        count(*) filter (where validated_at is null and created_at < now() - interval '15 days')::int as stale
      from admissions.account`
    )
  )[0]!

t.test('the rows are those of the document', { skip: seed() === null ? 'it is not here' : false }, t => {
  const told = seed()!
    .split('\n')
    .filter(line => line.startsWith('BATCH_') && line.includes('\t'))
    .map(line => {
      const [code, label, inService, , programming, last = ''] = line.split('\t')
      return {
        code,
        label,
        inService: inService!.includes('checked'),
        programming,
        last: last.slice(0, 6).trim()
      }
    })
  t.same(COLUMNS, told)
  t.end()
})

function seed(): string | null {
  const file = path.join(ROOT, '../shared/seeds/004_2f39808fc3a903f4.txt')
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}

t.test('R004-1 R004-2 R004-3 R004-6 R004-9 R004-70 one command makes the screen of the document', async t => {
  t.match(await register(), [/^BATCH_APP_EN_MAINT +as in the document$/])
  const shown = await screen()
  t.same(
    shown.map(({ code }) => code),
    shown.map(({ code }) => code).toSorted(),
    'R004-63 by code'
  )
  for (const { code, label, inService, programming } of COLUMNS) {
    const row = shown.find(each => each.code === code)
    // All seven days are written as the later version of the product does.
    const words = programming.replace('Tous les lun, mar, mer, jeu, ven, sam, dim', 'Tous les jours')
    t.match(
      row,
      { label, state: inService ? 'Active' : 'InActive', programming: { fr: words }, lastRun: null },
      code
    )
    t.match((await get(`/schedules/${code}`)).json, { timeZone: 'Europe/Paris' })
    if (programming.startsWith('Aucun jour'))
      t.same((await get(`/schedules/${code}/next`)).json.items, [], `${code} never fires by itself`)
  }
  for (const [code, programming] of [
    ['BATCH_ASYNC_OPI_PJ', 'Aucun jour à 22h45'],
    ['BATCH_MAJ_GESTIONNAIRE', 'Aucun jour à 21h30'],
    ['BATCH_DESIST_AUTO', 'Tous les jours à 23h15'],
    ['BATCH_RELANCE_FAVO', 'Tous les jours à 23h30'],
    ['BATCH_CALCUL_RANG_LC', 'Tous les jours à 23h45']
  ] as const)
    t.match(
      shown.find(each => each.code === code),
      { state: 'InActive', programming: { fr: programming } },
      code
    )
})

t.test('R004-4 R004-5 what is launched by hand shows its last execution in the row', async t => {
  for (const { code } of COLUMNS.filter(({ last }) => last !== '')) await ran(code)
  const when = String.raw`\d\d/\d\d/\d{4} \d\d:\d\d:\d\d`
  const finished = new RegExp(String.raw`^FINISH - Deb : ${when} - Fin : ${when} - Durée : \d\dmin \d\dsec$`)
  const shown = await screen()
  for (const { code, last } of COLUMNS) {
    const { lastRun } = shown.find(each => each.code === code)!
    if (last === '') t.equal(lastRun, null, code)
    else t.match(lastRun, { text: { fr: finished } }, code)
    t.equal((await get(`/schedules/${code}/history`)).json.items.length, last === '' ? 0 : 1, code)
  }
})

t.test(
  'R004-9 R004-51 R004-55 the demo reset makes accounts, and the account cleaning deletes the stale ones',
  async t => {
    const made = await accounts()
    t.match(made, { all: 600, pending: 200 })
    t.ok(made.stale > 100, `${made.stale} of them are old`)
    t.match(await ran('BATCH_NETTOYAGE_CPT', { max: '30' }), {
      steps: [{}, { metrics: { WRITE_COUNT: 30 } }]
    })
    t.match(await accounts(), { all: 570, stale: made.stale - 30 }, 'R004-55 a run does no more than it may')
    const run = await ran('BATCH_NETTOYAGE_CPT')
    t.match(run, { batchStatus: 'COMPLETED' })
    t.match(run.steps[1], { stepName: 'clean', metrics: { WRITE_COUNT: made.stale - 30 } })
    t.match(
      await logOf(run.instanceId),
      /^\[.+\d\d:\d\d:\d\d.+\].*Accounts deleted: 20\./m,
      'R004-51 with its time'
    )
    t.same(await accounts(), { all: 600 - made.stale, pending: 200 - made.stale, stale: 0 })
    t.match(await ran('BATCH_NETTOYAGE_CPT'), { steps: [{}, { metrics: { WRITE_COUNT: 0 } }] })
    t.match(await ran('BATCH_DEMO', { accounts: '30' }), { batchStatus: 'COMPLETED' })
    t.match(await accounts(), { all: 30 })
  }
)

t.test('R004-9 R004-55 the others call their systems, where the allow-list lets them', async t => {
  t.match(systems.asked, [{ method: 'POST', path: '/siscol/synchronise' }])
  for (const code of ['BATCH_ASYNC_OPI', 'BATCH_DESTRUCT_DOSSIER', 'BATCH_DESIST_AUTO'])
    t.match(await ran(code), { batchStatus: 'COMPLETED' }, code)
  t.same(
    systems.asked.slice(1).map(asked => asked.path),
    ['/opi/push', '/files/archived/delete', '/withdrawals/automatic']
  )
  await ran('BATCH_ASYNC_OPI', { max: '50' })
  t.match(systems.asked.at(-1), { path: '/opi/push', body: '{"max":50}' }, 'R004-55 the other system is told')
  t.match(await ran('BATCH_SYNC_LIMESURVEY'), { batchStatus: 'FAILED', steps: [{ message: /answered 500/ }] })
  t.match((await screen()).find(({ code }) => code === 'BATCH_SYNC_LIMESURVEY')!.lastRun, {
    text: { fr: /^ERROR - / }
  })
  t.match(await ran('BATCH_ASYNC_OPI', { url: 'http://127.0.0.1:1' }), {
    batchStatus: 'FAILED',
    steps: [{ message: /BATCH_INLINE_URLS/ }]
  })
})

t.test(
  'R004-2 --show prints the screen in its columns; without a server the command says how to get one',
  async t => {
    const shown = await register(app.address(), '--show')
    t.match(shown[0], /^Code +Libellé +En service +Programmation +Dernière exécution$/)
    const codes = (await screen()).map(({ code }) => code).toSorted()
    t.same(
      shown.slice(1).map(line => line.split(' ', 1)[0]),
      codes
    )
    t.match(
      shown.find(line => line.startsWith('BATCH_DEMO ')),
      /Mise à zéro de l'application +non +Tous les lun, mar, mer, jeu, ven à 03h50/
    )
    await t.rejects(register('http://127.0.0.1:9', '--show'), /No server answers at .*npm start/)
  }
)

t.test('R004-65 the command may be repeated: it leaves alone what an administrator has changed', async t => {
  await post('/schedules/BATCH_NETTOYAGE/deactivate')
  await client.put('/schedules/BATCH_NETTOYAGE', { label: 'Ménage', when: { rule: { at: '01:00' } } })
  await post('/schedules/BATCH_DEMO/activate')
  const before = await screen()
  for (const line of await register()) t.match(line, / is there$/)
  t.same(await screen(), before)
  t.equal((await get('/definitions/BATCH_ASYNC_OPI/versions')).json.items.length, 1)
})

t.test('with users it takes an administrator', async t => {
  const directory = t.testdir({ password: 'adminpwd\n', bobs: 'bobpwd\n' })
  const secured = await buildApp(t, { BATCH_USERS_FILE: await writeUsersFile(directory) })
  await t.rejects(register(secured.address(), '--user=bob', `--passwordFile=${directory}/bobs`), {
    code: 1,
    stderr: /^\S+ \S+: 401 .*bob/
  })
  const lines = await register(secured.address(), '--user=admin', `--passwordFile=${directory}/password`)
  t.equal(lines.length, 15)
  const asAdmin = clientOf(secured, as('admin'))
  t.match((await asAdmin.get('/schedules/BATCH_DEMO')).json, { createdBy: 'admin' })
  // As a run that was broken off between the two would have left it.
  await asAdmin.ask('DELETE', '/schedules/BATCH_ASYNC_OPI_PJ')
  await asAdmin.post('/schedules/BATCH_ASYNC_OPI/deactivate')
  await asAdmin.ask('DELETE', '/schedules/BATCH_ASYNC_OPI')
  await asAdmin.post('/schedules', {
    name: 'BATCH_ASYNC_OPI',
    code: 'BATCH_ASYNC_OPI',
    definition: 'BATCH_ASYNC_OPI',
    when: { rule: { at: '22:30' } }
  })
  await register(secured.address(), '--user=admin', `--passwordFile=${directory}/password`)
  t.match((await asAdmin.get('/schedules/BATCH_ASYNC_OPI')).json, { state: 'Active' })
  t.match((await asAdmin.get('/schedules/BATCH_ASYNC_OPI_PJ')).json, { state: 'InActive' })
})
