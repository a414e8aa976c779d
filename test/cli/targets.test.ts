// Which servers a command talks to, and where it lets itself be sent.
import t from 'tap'
import type { CliError } from '../../src/cli/cli-error.ts'
import { redirectTarget, targetsOf } from '../../src/cli/targets.ts'

/** The exit code of the error that it throws. */
function refusal(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return (error as CliError).exitCode
  }
}

const urls = (text: string) => targetsOf(text).map(String)

t.test('a server is https unless http is written, and may have a path before the API', async t => {
  t.same(urls('a:9443, http://b:9080,https://c/base/,[::1]:9443,d:1/ibm/api/batch'), [
    'https://a:9443/ibm/api/batch',
    'http://b:9080/ibm/api/batch',
    'https://c/base/ibm/api/batch',
    'https://[::1]:9443/ibm/api/batch',
    'https://d:1/ibm/api/batch'
  ])
})

t.test('what is no server is refused with 22', async t => {
  for (const wrong of ['', 'a:1,', 'ftp://a', 'a:x', 'http://bob:pw@a:1', 'a:1?x=1', 'a:1#x', 'http://'])
    t.equal(
      refusal(() => targetsOf(wrong)),
      22,
      wrong
    )
})

t.test('a redirect leads to the API of the other server only, and a relative one to the same', async t => {
  const targets = targetsOf('a:1,b:2')
  const to = (location: string | null) => redirectTarget(location, targets[0]!, targets).href
  t.equal(to('https://b:3/ibm/api/batch/v4/jobinstances/9?x'), 'https://b:3/ibm/api/batch')
  t.equal(to('https://a:8/x/ibm/api/batch/'), 'https://a:8/x/ibm/api/batch')
  t.equal(to('/ibm/api/batch/jobinstances/1'), 'https://a:1/ibm/api/batch')
})

t.test('a redirect to a stranger, to http, or to something else is refused with 255', async t => {
  const targets = targetsOf('a:1,b:2')
  for (const wrong of [
    null,
    'https://evil/ibm/api/batch/x',
    '//evil/ibm/api/batch/x',
    'https://a@evil/ibm/api/batch/x',
    'https://a.evil/ibm/api/batch/x',
    'http://b:2/ibm/api/batch/x',
    'https://b:2/login',
    'file:///ibm/api/batch/x',
    'http://'
  ])
    t.equal(
      refusal(() => redirectTarget(wrong, targets[0]!, targets)),
      255,
      String(wrong)
    )
})
