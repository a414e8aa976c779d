// Which errors an include or exclude class of a chunk names.
import t from 'tap'
import { exceptionFilter } from '../../../src/executor/chunk/exception-filter.ts'

class OrderError extends Error {}
class LateOrder extends OrderError {}
class VeryLateOrder extends LateOrder {}
class Named extends Error {
  override name = 'com.acme.Refused'
}

const matches = (error: Error, include: string[], exclude: string[] = []) =>
  exceptionFilter({ include, exclude })?.(error) ?? false

t.test('nothing included matches no error, whatever is excluded', async t => {
  t.equal(exceptionFilter({ include: [], exclude: ['OrderError'] }), null)
})

t.test('a class names its own errors and those of the classes below it', async t => {
  t.ok(matches(new OrderError(), ['OrderError']))
  t.ok(matches(new VeryLateOrder(), ['OrderError']))
  t.notOk(matches(new OrderError(), ['LateOrder']))
  t.notOk(matches(new Error('x'), ['OrderError']))
  t.ok(matches(new TypeError('x'), ['TypeError']))
})

t.test('the most specific of all matching classes decides, on both sides', async t => {
  t.ok(matches(new VeryLateOrder(), ['OrderError', 'VeryLateOrder'], ['LateOrder']))
  t.notOk(matches(new LateOrder(), ['OrderError', 'VeryLateOrder'], ['LateOrder']))
  t.ok(matches(new OrderError(), ['OrderError', 'VeryLateOrder'], ['LateOrder']))
  t.ok(matches(new LateOrder(), ['LateOrder'], ['Error']))
})

t.test('a class that is both included and excluded is excluded', async t => {
  t.notOk(matches(new OrderError(), ['OrderError'], ['com.acme.OrderError']))
  t.notOk(matches(new OrderError(), ['java.lang.Exception'], ['Error']))
})

t.test('a dotted Java name matches by its last part, also that of an inner class', async t => {
  t.ok(matches(new LateOrder(), ['com.acme.orders.LateOrder']))
  t.ok(matches(new LateOrder(), ['com.acme.Orders$LateOrder']))
  t.ok(matches(new LateOrder(), [' com.acme.OrderError ']))
  t.notOk(matches(new LateOrder(), ['LateOrder.Other']))
})

t.test('an error is also known by the name it was given, in full or by its last part', async t => {
  t.ok(matches(new Named(), ['com.acme.Refused']))
  t.ok(matches(new Named(), ['org.other.Refused']))
  t.ok(matches(new Named(), ['Refused'], ['Error']))
  t.ok(matches(Object.assign(new Error('x'), { name: 'Busy' }), ['Busy'], ['Error']))
  t.ok(matches(new DOMException('x', 'AbortError'), ['AbortError']))
})

t.test('a name that a class gives to all below it does not make them as specific as itself', async t => {
  class Base extends Error {
    override name = 'Base'
  }
  class Child extends Base {}
  t.ok(matches(new Child(), ['Child'], ['Base']))
  t.notOk(matches(new Child(), ['Base'], ['Child']))
})

t.test('Exception, Throwable and Error match every error, and are the least specific', async t => {
  for (const every of ['java.lang.Exception', 'java.lang.Throwable', 'Exception', 'Error']) {
    t.ok(matches(new LateOrder(), [every]), every)
    t.notOk(matches(new LateOrder(), [every], ['OrderError']), every)
  }
  t.ok(matches(new LateOrder(), ['java.lang.Exception'], ['java.lang.Throwable']))
  t.notOk(matches(new LateOrder(), ['java.lang.Throwable'], ['java.lang.Exception']))
})

t.test("somebody's own class called Error or Exception is not every error", async t => {
  t.notOk(matches(new LateOrder(), ['com.acme.Error']))
  t.notOk(matches(new LateOrder(), ['com.acme.Exception']))
})

t.test('a dollar at the edge of a JavaScript name separates nothing', async t => {
  class $Error extends Error {}
  class Rejected$ extends Error {}
  t.ok(matches(new $Error(), ['$Error']))
  t.notOk(matches(new LateOrder(), ['$Error']))
  t.ok(matches(new Rejected$(), ['Rejected$']))
})

t.test('an error whose name or class throws when it is looked at still has its other classes', async t => {
  class Hostile extends OrderError {
    override get name(): string {
      throw new Error('no name')
    }
  }
  Object.defineProperty(Hostile, 'name', {
    get: () => {
      throw new Error('no class')
    }
  })
  t.ok(matches(new Hostile(), ['OrderError']))
  t.notOk(matches(new Hostile(), ['Hostile']))
})
