// A request's place for tests of views: unversioned, on port 9080, in UTC.
import { dateText } from '../../../../src/http/liberty/view/date-text.ts'
import type { ViewContext } from '../../../../src/http/liberty/view/view-context.ts'

export const CONTEXT: ViewContext = {
  root: 'http://localhost:9080/ibm/api/batch',
  version: '',
  dateText: dateText('UTC'),
  jobLogDir: '/var/batch/joblogs'
}

export const V4: ViewContext = { ...CONTEXT, root: `${CONTEXT.root}/v4`, version: 'v4' }
