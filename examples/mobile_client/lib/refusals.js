'use strict'
// What the app shows of records that the server would not take as they are.
//
// Fixable refusals stay with the record until it is mended: this phone remembers them. Final ones
// come back as rows of `sync_issues`, on every phone of the user, with what was sent.

async function noteRefusals(phone, part, rejections) {
  const known = (await phone.recall('refusals')) ?? {}
  for (const { table, row } of part) delete known[`${table}/${row.id}`]
  for (const rejection of rejections) {
    if (rejection.retryable) known[`${rejection.table}/${rejection.id}`] = rejection
  }
  await phone.remember('refusals', known)
}

// Edits that no push could save any more: made while a sync ran that took their record away.
async function keepDrafts(phone, endangered) {
  if (!endangered.length) return
  const drafts = (await phone.recall('drafts')) ?? []
  const at = phone.serverNow()
  await phone.remember('drafts', [...drafts, ...endangered.map((draft) => ({ ...draft, at }))])
  await phone.save()
}

// All that waits for the user: to mend, to read and settle, to note anew.
async function listRefusals(phone) {
  const issues = await phone.database.get('sync_issues').query().fetch()
  return {
    toMend: Object.values((await phone.recall('refusals')) ?? {}),
    issues: issues.filter((i) => !i.settled_at).map((i) => ({ ...i._raw })),
    drafts: (await phone.recall('drafts')) ?? [],
  }
}

module.exports = { noteRefusals, keepDrafts, listRefusals }
