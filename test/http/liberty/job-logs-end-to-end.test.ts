// Job logs over HTTP, of a job that has run.
import t from 'tap'
import type { Link } from '../../../src/http/liberty/view/link.ts'
import { BATCH, ended, get, realApp, SKIPPED, submit, THREE_STEPS } from './real-app.ts'

t.test('the log of a job can be read', { skip: SKIPPED }, async t => {
  const http = await realApp(t)
  const { instanceId } = await submit(http, { applicationName: 'SimpleBatchJob', jobXML: THREE_STEPS })
  const { executionId } = await ended(http, instanceId)
  const logs = `/jobexecutions/${executionId}/joblogs`

  t.test('each partition has a part, in the layout of the document', async t => {
    const links = await get<Link[]>(http, logs)
    const parts = links
      .filter(({ rel }) => rel === 'joblog part text')
      .map(({ href }) => new URL(href).searchParams.get('part'))
    const partitions = [1, 2, 3].flatMap(step =>
      [0, 1, 2].map(at => `step.step${step}/partition.${at}/part.1.log`)
    )
    t.same(parts, ['part.1.log', ...partitions])
  })

  t.test('each link answers with what it promises', async t => {
    for (const { rel, href } of await get<Link[]>(http, `/jobinstances/${instanceId}/joblogs`)) {
      const { pathname, search } = new URL(href)
      const answer = await http.inject(`${pathname}${search}`)
      t.equal(answer.statusCode, 200, href)
      if (rel.endsWith('zip')) t.same([...answer.rawPayload.subarray(0, 2)], [0x50, 0x4b], 'it is a zip')
      else t.equal(answer.headers['content-type'], 'text/plain; charset=UTF-8')
    }
  })

  t.test('all parts as text stand between lines that name them', async t => {
    const { body } = await http.inject(`${BATCH}${logs}?type=text`)
    const first = `xxxxx Begin file: execution.${executionId}/part.1.log xxxxxxxxxxxxxxxxxx\n`
    t.equal(body.slice(0, first.length), first)
    t.match(
      body,
      `\nxxxxx End file: execution.${executionId}/step.step3/partition.2/part.1.log xxxxxxxxxxxxxxxxxx\n`
    )
    const whole = await http.inject(`${BATCH}/jobinstances/${instanceId}/joblogs?type=text`)
    t.match(
      whole.body,
      `xxxxx Begin file: instance.${instanceId}/execution.${executionId}/part.1.log xxxxxxxxxxxxxxxxxx\n`
    )
  })

  t.test('one part is raw, by the path of the document and by the path of the product', async t => {
    const part = async (path: string) =>
      (await http.inject(`${BATCH}${logs}?part=${encodeURIComponent(path)}`)).body
    const ours = await part('step.step1/partition.0/part.1.log')
    t.notMatch(ours, 'Begin file')
    t.equal(await part('step1/0/part.1.log'), ours)
    t.equal(await part('step1\\0\\part.1.log'), ours)
    t.match(await part('part.1.log'), /CWWKY0009I/)
  })

  t.test('what is no part is 404, also a path out of the folder', async t => {
    for (const path of [
      'nope.log',
      '',
      '../../../../../etc/passwd',
      '/etc/passwd',
      'part.1.log/',
      '..\\part.1.log'
    ]) {
      for (const type of ['text', 'zip']) {
        const answer = await http.inject(`${BATCH}${logs}?part=${encodeURIComponent(path)}&type=${type}`)
        t.match(answer.json(), { status: 404, code: 'NoSuchJobLogPart' }, path)
      }
    }
  })
})
