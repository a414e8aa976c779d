// What stands for a name that a submit leaves out, and where a name is kept as it is.
import t from 'tap'
import { jobInstance } from '../records.ts'
import { standIn } from '../stand-in.ts'

const { http, asked } = standIn({ submit: async () => ({ instance: jobInstance(), created: true }) })
t.teardown(() => http.close())

/** What was sent as application, module and component, and what each is then. */
const TABLE: readonly [sent: readonly unknown[], is: readonly [string, string, string | null]][] = [
  [['A'], ['A', 'A.war', null]],
  [
    ['A', ''],
    ['A', 'A.war', null]
  ],
  [
    ['A', '   ', '\t'],
    ['A', 'A.war', null]
  ],
  [
    ['A', null, null],
    ['A', 'A.war', null]
  ],
  [
    ['A', 7, true],
    ['A', 'A.war', null]
  ],
  [['A.war'], ['A.war', 'A.war.war', null]],
  [
    ['A', 'B.jar'],
    ['A', 'B.jar', null]
  ],
  [
    ['A', 'B'],
    ['A', 'B', null]
  ],
  [
    ['A', 'B.jar', 'MyEJB'],
    ['A', 'B.jar', 'MyEJB']
  ],
  [
    ['A', undefined, 'MyEJB'],
    ['A', 'A.war', 'MyEJB']
  ],
  [
    [undefined, 'B.war'],
    ['B', 'B.war', null]
  ],
  [
    ['', 'B.war', ''],
    ['B', 'B.war', null]
  ],
  [
    [undefined, 'B.jar'],
    ['B', 'B.jar', null]
  ],
  [
    [undefined, 'B.jar.war'],
    ['B', 'B.jar.war', null]
  ],
  [
    [undefined, 'B.war.jar'],
    ['B.war', 'B.war.jar', null]
  ],
  [
    [undefined, 'B.WAR'],
    ['B.WAR', 'B.WAR', null]
  ],
  [
    [undefined, 'B.ear', 'C'],
    ['B.ear', 'B.ear', 'C']
  ],
  [
    [undefined, '마감.war'],
    ['마감', '마감.war', null]
  ]
]

for (const [sent, [application, module, component]] of TABLE)
  t.test(`${JSON.stringify(sent)} is ${application}, ${module}, ${component}`, async t => {
    const [applicationName, moduleName, componentName] = sent
    const payload = { applicationName, moduleName, componentName, jobXMLName: 'close', jobParameters: {} }
    const answer = await http.inject({ method: 'POST', url: '/ibm/api/batch/jobinstances', payload })
    t.equal(answer.statusCode, 201, answer.body)
    t.match(asked.pop()?.[1], { application, module, component, jobXMLName: 'close', jobXML: null })
  })

t.test('parameters that are no strings are refused, whatever else is right, each by its name', async t => {
  for (const [name, value] of [
    ['count', 5],
    ['on', true],
    ['off', false],
    ['none', null],
    ['list', []],
    ['deep', { a: '1' }],
    ['한글', 0],
    ['__proto__', 1]
  ] as const) {
    const parameters = `{"first":"1",${JSON.stringify(name)}:${JSON.stringify(value)},"last":"2"}`
    const payload = `{"applicationName":"A","jobXMLName":"close","jobParameters":${parameters}}`
    for (const prefix of ['', '/v4']) {
      const url = `/ibm/api/batch${prefix}/jobinstances`
      t.match((await http.inject({ method: 'POST', url, payload })).json(), {
        status: 400,
        code: 'ParameterInvalid',
        errors: [{ path: `jobParameters.${name}` }]
      })
    }
  }
  t.same(asked, [])
})
