// What a caller is told of the fields that are wrong, from what the validator says.
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import { type TSchema, Type } from 'typebox'
import t from 'tap'
import { fieldsInvalid } from '../../src/batch/field-problem.ts'
import { closedObject } from '../../src/http/open-api/closed-object.ts'
import { type SchemaError, schemaProblems } from '../../src/http/schema-problems.ts'

function told(schema: TSchema, value: unknown): string[] {
  const check = TypeBoxValidatorCompiler({ schema, httpPart: 'body', method: 'POST', url: '/' } as never)
  const { error } = check(value) as { error?: SchemaError[] }
  return schemaProblems(error ?? [], 'body').map(({ path, message }) => `${path}: ${message}`)
}

t.test('every field is told of once: missing, unknown, of the wrong type, out of range', async t => {
  const schema = closedObject({
    name: Type.String({ minLength: 1 }),
    limit: Type.Optional(Type.Integer({ minimum: 1 })),
    colour: Type.Optional(Type.Enum(['red', 'blue']))
  })
  t.same(told(schema, {}), ['name: is missing'])
  t.same(told(schema, { name: 'x' }), [])
  t.same(told(schema, { name: '', limit: 0, colour: 'x', more: 1, evenMore: 2 }).toSorted(), [
    'colour: must be one of red, blue',
    'evenMore: is not known here',
    'limit: must be >= 1',
    'more: is not known here',
    'name: must not have fewer than 1 characters'
  ])
  t.same(told(schema, []), ['body: must be object'])
  t.same(told(schema, null), ['body: must be object'])
})

t.test('a path says how a program would reach the field, whatever its name', async t => {
  const schema = closedObject({
    list: Type.Array(closedObject({ at: Type.Integer() })),
    map: Type.Optional(Type.Record(Type.String(), Type.String()))
  })
  t.same(told(schema, { list: [{ at: 1 }, { at: 'x' }, {}] }), [
    'list[1].at: must be integer',
    'list[2].at: is missing'
  ])
  t.same(told(schema, { list: [], map: { 'a/b~c': 1 } }), ['map.a/b~c: must be string'])
  t.same(told(schema, { list: [], ['x'.repeat(5000)]: 1 }), [`${'x'.repeat(100)}: is not known here`])
})

t.test('of several forms the one that was meant is spoken of', async t => {
  const when = Type.Union([
    closedObject({ cron: Type.String() }),
    closedObject({ rule: closedObject({ at: Type.String(), day: Type.Integer() }) }),
    Type.Null()
  ])
  const schema = closedObject({ when })
  t.same(told(schema, { when: { cron: 5 } }), ['when.cron: must be string'])
  t.same(told(schema, { when: { rule: { at: 7, day: 1 } } }), ['when.rule.at: must be string'])
  t.same(told(schema, { when: 7 }), ['when: must be object or null'])
  const words = Type.Union([Type.Literal('FAILED'), Type.Literal('STOPPED')])
  t.same(told(closedObject({ words }), { words: 'COMPLETED' }), ['words: must be FAILED or STOPPED'])
  const both = closedObject({ words, list: Type.Array(words) })
  t.same(told(both, { words: 1, list: ['FAILED', 'x'] }), [
    'words: must be FAILED or STOPPED',
    'list[1]: must be FAILED or STOPPED'
  ])
})

t.test('all of them are one refusal, of which the message shows the first', async t => {
  const many = Array.from({ length: 150 }, (_, at) => ({ path: `f${at}`, message: 'is wrong' }))
  const refusal = fieldsInvalid(many)
  t.equal(refusal.code, 'ParameterInvalid')
  t.equal(
    refusal.message,
    'f0: is wrong; f1: is wrong; f2: is wrong; f3: is wrong; f4: is wrong; and 145 more.'
  )
  t.same(refusal.details, { errors: many.slice(0, 100) })
  t.throws(() => fieldsInvalid([]))
})
