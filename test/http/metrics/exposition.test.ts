import t from 'tap'
import { exposition, histogramSamples, metric } from '../../../src/http/metrics/exposition.ts'

t.test('a family has its help and its type once, then its samples', async t => {
  t.equal(
    exposition([
      metric('a_total', 'counter', 'How many.', 3),
      {
        name: 'b',
        type: 'gauge',
        help: 'Two\nlines and a \\.',
        samples: [{ labels: { server: 'a "b" \\ c\nd', kind: '' }, value: 0.25 }, { value: NaN }]
      }
    ]),
    [
      '# HELP a_total How many.',
      '# TYPE a_total counter',
      'a_total 3',
      '# HELP b Two\\nlines and a \\\\.',
      '# TYPE b gauge',
      'b{server="a \\"b\\" \\\\ c\\nd",kind=""} 0.25',
      'b NaN',
      ''
    ].join('\n')
  )
})

t.test('a family without samples is left out, and infinite values have their words', async t => {
  t.equal(exposition([{ name: 'none', type: 'gauge', help: 'Nothing.', samples: [] }]), '')
  t.match(exposition([metric('a', 'gauge', 'A.', Infinity)]), /^a \+Inf$/m)
  t.match(exposition([metric('a', 'gauge', 'A.', -Infinity)]), /^a -Inf$/m)
})

t.test('the buckets of a histogram add up to its count', async t => {
  const samples = histogramSamples([0.5, 1, 10], {
    labels: { status: 'FAILED' },
    counts: [2, 0, 3],
    count: 6,
    sum: 42.5
  })
  t.same(
    samples.map(({ suffix, labels, value }) => [suffix, labels?.['le'], value]),
    [
      ['_bucket', '0.5', 2],
      ['_bucket', '1', 2],
      ['_bucket', '10', 5],
      ['_bucket', '+Inf', 6],
      ['_sum', undefined, 42.5],
      ['_count', undefined, 6]
    ]
  )
})
