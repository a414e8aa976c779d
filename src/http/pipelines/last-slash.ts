// Document 003 tells the newest batch of a pipeline and the list of them apart by the last slash of the path alone; everywhere
// else here it makes no difference, so the router is told of it for the list only.
import type { HttpApp } from '../http-app.ts'

type Strategy = Parameters<HttpApp['addConstraintStrategy']>[0]
type Route = ReturnType<ReturnType<Strategy['storage']>['get']>

/** `constraints: { lastSlash: 'yes' }`: of a route that answers paths with a last slash, where another answers those without. */
export const LAST_SLASH: Strategy = {
  name: 'lastSlash',
  storage() {
    const routes = new Map<unknown, Route>()
    return {
      get: value => routes.get(value) ?? null,
      set: (value, route) => void routes.set(value, route)
    }
  },
  validate: () => {},
  deriveConstraint({ url = '' }) {
    const query = url.indexOf('?')
    return (query === -1 ? url : url.slice(0, query)).endsWith('/') ? 'yes' : undefined
  }
}
