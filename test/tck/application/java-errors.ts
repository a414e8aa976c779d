// The artifacts throw one JavaScript class that carries a Java class name; filters of a JSL go by classes above it, which this makes.

/** An error as the artifacts throw it. */
interface NamedAfterJava extends Error {
  readonly javaClass: string
}

type ErrorClass = new (...args: never[]) => Error

/** Gives such an error the prototype chain that its Java class has; any other value is returned as it is. */
export function javaErrors(parents: Readonly<Record<string, string>>): (thrown: unknown) => unknown {
  const classes = new Map<string, ErrorClass>()

  function classOf(javaClass: string, root: ErrorClass): ErrorClass {
    const known = classes.get(javaClass)
    if (known !== undefined) return known
    const parent = parents[javaClass]
    const above = parent === undefined ? root : classOf(parent, root)
    const made = class extends above {}
    Object.defineProperty(made, 'name', { value: javaClass })
    classes.set(javaClass, made)
    return made
  }

  return thrown => {
    if (!isNamedAfterJava(thrown)) return thrown
    // Every error is a java.lang.Exception; a class of that name would stand in front of the error's own.
    if (thrown.javaClass === 'java.lang.Exception') return thrown
    const root = thrown.constructor as ErrorClass
    if (!classes.has(root.name))
      Object.setPrototypeOf(thrown, classOf(thrown.javaClass, root).prototype as object)
    return thrown
  }
}

function isNamedAfterJava(thrown: unknown): thrown is NamedAfterJava {
  return thrown instanceof Error && typeof (thrown as { javaClass?: unknown }).javaClass === 'string'
}
