// node run.mjs JOURNEY: runs journeys/JOURNEY.mjs with what the environment says; exit status 1 with the reason if it fails.
import { Lab } from './lab.mjs';

const { default: journey } = await import(`./journeys/${process.argv[2]}.mjs`);
const lab = new Lab(JSON.parse(process.env.DS_JOURNEY));
await lab.start();
let status = 0;
try {
  const found = await journey(lab);
  if (found !== undefined) console.log(`RESULT ${JSON.stringify(found)}`);
} catch (error) {
  status = 1;
  console.error(error);
  for (const context of lab.browser.contexts()) for (const page of context.pages()) await lab.screenshot(page, `${process.argv[2]}-failed`).catch(() => undefined);
} finally {
  await lab.stop();
}
process.exit(status);
