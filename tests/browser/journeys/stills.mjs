// Notebooks that papermill ran, opened without a kernel: each picture that was saved is seen, or the view from the record.
import { assert, showCell } from '../lab.mjs';

export default async function stills(lab) {
  let seen = 0;
  for (const notebook of lab.notebooks) {
    const page = await lab.page({ notebook, needsKernel: false });
    for (const { at, isRun } of await cellsWithPictures(page)) {
      await showCell(page, at);
      const area = page.locator(`.jp-Notebook .jp-Cell[data-windowed-list-index="${at}"] .jp-OutputArea`);
      const first = area.locator('img, canvas, .ds-text p').first(); // a profile of no time is a sentence
      await first.waitFor();
      await first.scrollIntoViewIfNeeded(); // what is above the window is not painted
      await page.waitForFunction(({ at }) => isDrawn(document.querySelector(`.jp-Notebook .jp-Cell[data-windowed-list-index="${at}"] .jp-OutputArea`)), { at });
      await page.waitForFunction(({ at }) => wordsOf(document.querySelector(`.jp-Notebook .jp-Cell[data-windowed-list-index="${at}"] .jp-OutputArea`)), { at });
      const words = await area.evaluate(area => wordsOf(area));
      if (isRun) assert.match(words, /finished|lost|succeeded/, `${notebook}, cell ${at}`); // a comparison's words are in the picture
      assert.doesNotMatch(words, /Loading widget|model not found|Error/);
      seen++;
    }
    await lab.screenshot(page, `stills-${notebook.replace(/\W+/g, '-')}`);
    await page.context().close();
  }
  return { seen };
}

/** The cells whose saved outputs hold a picture, by number; and whether it is of a run. */
async function cellsWithPictures(page) {
  return page.evaluate(() => {
    window.isDrawn = area => {
      const image = area.querySelector('img');
      if (image?.isConnected && image.offsetParent) return image.complete && image.naturalWidth > 300 && colours(image, image.naturalWidth, image.naturalHeight) > 3;
      const canvas = area.querySelector('canvas');
      return canvas ? colours(canvas, canvas.width, canvas.height) > 1 : area.querySelector('.ds-text p')?.offsetParent;
    };
    window.wordsOf = area => area.innerText.trim() + [...area.querySelectorAll('img')].map(image => image.alt).join(' ');
    const colours = (source, width, height) => {
      const copy = Object.assign(document.createElement('canvas'), { width, height });
      const paper = copy.getContext('2d');
      paper.drawImage(source, 0, 0);
      return new Set(new Uint32Array(paper.getImageData(0, 0, width, height).data.buffer)).size;
    };
    const cells = [...window.notebook.content.model.cells];
    const pictures = cell => (cell.outputs?.toJSON() ?? []).filter(output => output.data?.['image/png']);
    return cells.flatMap((cell, at) => pictures(cell).map(output => ({ at, isRun: 'application/vnd.ds-notebook.run+json' in output.data })));
  });
}
