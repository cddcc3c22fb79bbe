// A real OpenID provider on the loopback address: node provider.mjs PORT REDIRECT_URI
// Whoever types a name is that person; a name that begins with "viewer" is in the group demo-viewers.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const [port, redirectUri] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'finops-demo',
    client_secret: 'a secret of the tests',
    redirect_uris: [redirectUri],
    token_endpoint_auth_method: 'client_secret_post',
  }],
  jwks: { keys: [{ ...key, use: 'sig', alg: 'RS256', kid: 'one' }] },
  cookies: { keys: [randomBytes(32).toString('hex')] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
  features: { devInteractions: { enabled: false } },
  pkce: { required: () => true },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: id, email: `${id}@example.test`, email_verified: true, groups: id.startsWith('viewer') ? ['demo-viewers'] : [] }),
  }),
  // Nobody is asked for consent.
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope('openid profile email');
    await grant.save();
    return grant;
  },
});

const form = `<!DOCTYPE html><html lang="en"><head><title>Provider</title><link rel="icon" href="data:,"></head><body><main><h1>Provider</h1>
<form method="post"><label>Name <input name="login" required></label> <button>Sign in</button></form></main></body></html>`;

const rest = provider.callback();
createServer(async (request, response) => {
  if (!request.url.startsWith('/interaction/')) return rest(request, response);
  if (request.method !== 'POST') return response.setHeader('Content-Type', 'text/html; charset=utf-8').end(form);
  let body = '';
  for await (const part of request) body += part;
  await provider.interactionFinished(request, response, { login: { accountId: new URLSearchParams(body).get('login') } });
}).listen(Number(port), '127.0.0.1', () => console.log('ready'));
