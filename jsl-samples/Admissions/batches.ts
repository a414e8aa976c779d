// The batches of the screen "Administration > Batches" of requirement document 004: codes, labels, programming, in service or not;
// those of the server itself have `system`. The last five are of the product's current source, and not in the document.

const WORKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri']
const ALL_DAYS = [...WORKDAYS, 'sat', 'sun']

/** What a batch does: a job of this application, a call of another system, or a task of the server itself. */
export type Work =
  | { readonly jobXMLName: string; readonly parameters: Readonly<Record<string, string>> }
  | { readonly path: string }
  | 'system'

export interface Batch {
  readonly code: string
  readonly label: string
  readonly description: string
  readonly work: Work
  readonly rule: { readonly weekdays?: readonly string[]; readonly at: string }
  readonly inService: boolean
}

export const BATCHES: readonly Batch[] = [
  {
    code: 'BATCH_APP_EN_MAINT',
    label: "Mise en maintenance de l'application",
    description: 'Puts the server into maintenance.',
    work: 'system',
    rule: { at: '22:55' },
    inService: true
  },
  {
    code: 'BATCH_APP_EN_SERVICE',
    label: "Mise en service de l'application",
    description: 'Puts the server back into service.',
    work: 'system',
    rule: { at: '23:30' },
    inService: true
  },
  {
    code: 'BATCH_ARCHIVAGE',
    label: 'Archivage de campagne',
    description: 'Archives what ended long ago, then purges it.',
    work: 'system',
    rule: { at: '22:30' },
    inService: true
  },
  {
    code: 'BATCH_ASYNC_OPI',
    label: "Déversement d'OPI asynchrone",
    description: "Has the OPI data pushed to the institution's table.",
    work: { path: 'opi/push' },
    rule: { at: '22:30' },
    inService: true
  },
  {
    code: 'BATCH_DEMO',
    label: "Mise à zéro de l'application",
    description: 'Puts the tables of the sample back to the state of a demonstration.',
    work: { jobXMLName: 'demo_reset', parameters: { accounts: '600' } },
    rule: { weekdays: WORKDAYS, at: '03:50' },
    inService: false
  },
  {
    code: 'BATCH_DESTRUCT_DOSSIER',
    label: 'Destruction des dossiers archivés',
    description: 'Has the files deleted that the archive of a campaign holds.',
    work: { path: 'files/archived/delete' },
    rule: { at: '22:30' },
    inService: true
  },
  {
    code: 'BATCH_NETTOYAGE',
    label: 'Nettoyage des batches',
    description: 'Ends what has hung for some hours and no server works on any more.',
    work: 'system',
    rule: { weekdays: ALL_DAYS, at: '22:30' },
    inService: true
  },
  {
    code: 'BATCH_NETTOYAGE_CPT',
    label: 'Nettoyage des comptes à minima invalides',
    description: 'Deletes minimal accounts that were never validated.',
    work: { jobXMLName: 'account_cleaning', parameters: { days: '15', max: '0' } },
    rule: { at: '22:30' },
    inService: true
  },
  {
    code: 'BATCH_SYNC_HRO_SISCOL',
    label: 'Synchro Si Scolarité',
    description: 'Has the reference data of the student information system synchronised.',
    work: { path: 'siscol/synchronise' },
    rule: { weekdays: WORKDAYS, at: '21:00' },
    inService: true
  },
  {
    code: 'BATCH_SYNC_LIMESURVEY',
    label: 'Synchronisation des formulaires Limesurvey',
    description: 'Has the survey forms synchronised.',
    work: { path: 'limesurvey/synchronise' },
    rule: { at: '22:30' },
    inService: true
  },
  {
    code: 'BATCH_ASYNC_OPI_PJ',
    label: "Déversement des pièces jointes d'OPI",
    description: 'Has the documents that belong to OPI data pushed.',
    work: { path: 'opi/documents/push' },
    rule: { at: '22:45' },
    inService: false
  },
  {
    code: 'BATCH_MAJ_GESTIONNAIRE',
    label: 'Mise à jour des gestionnaires',
    description: 'Has the information about managers brought up to date.',
    work: { path: 'managers/update' },
    rule: { at: '21:30' },
    inService: false
  },
  {
    code: 'BATCH_DESIST_AUTO',
    label: 'Désistements automatiques',
    description: 'Has candidates withdrawn who did not confirm in time.',
    work: { path: 'withdrawals/automatic' },
    rule: { weekdays: ALL_DAYS, at: '23:15' },
    inService: false
  },
  {
    code: 'BATCH_RELANCE_FAVO',
    label: 'Relance des avis favorables',
    description: 'Has reminders sent to candidates who were admitted.',
    work: { path: 'reminders/send' },
    rule: { weekdays: ALL_DAYS, at: '23:30' },
    inService: false
  },
  {
    code: 'BATCH_CALCUL_RANG_LC',
    label: 'Calcul du rang en liste complémentaire',
    description: 'Has the ranks of the waiting list calculated.',
    work: { path: 'waiting-list/rank' },
    rule: { weekdays: ALL_DAYS, at: '23:45' },
    inService: false
  }
]
