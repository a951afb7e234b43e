'use strict'
// node demo.js URL LOGIN PASSWORD: sign in, sync, and tell what is on this phone.

const { Phone } = require('./lib/client')

const [url, login, password] = process.argv.slice(2)
const deviceId = `demo-${login}`

async function signIn() {
  const answer = await fetch(new URL('/v1/sign-ins', url), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ login, password, device_id: deviceId }),
  })
  if (!answer.ok) throw new Error(await answer.text())
  return (await answer.json()).access_token
}

async function main() {
  const token = await signIn()
  const phone = await Phone.open({ path: `${deviceId}.json`, url, token, deviceId })
  await phone.sync()
  for (const { name } of phone.tables) console.log(name, (await phone.rows(name)).length)
  console.log(await phone.refusals(), await phone.pendingUploads())
}

if (password) main()
else console.log('node demo.js URL LOGIN PASSWORD')
