// What can be used while the engine is away: the notes that are open, and nothing else. A field that becomes inert while somebody
// writes in it keeps the keys in WebKitGTK and puts each at the same place, so that the text comes out backwards.

/** What stays usable. */
const OPEN = "[data-note]";

/** Makes everything below `root` inert but the notes, also what comes later. Returns what opens it again. */
export function shutBeside(root: HTMLElement): () => void {
  const shut = new Set<Element>();

  const around = (parent: Element): void => {
    for (const child of parent.children) {
      if (child.matches(OPEN)) continue;
      if (child.querySelector(OPEN) !== null) {
        if (shut.delete(child)) child.removeAttribute("inert");
        around(child);
      } else if (!child.hasAttribute("inert")) {
        child.setAttribute("inert", "");
        shut.add(child);
      }
    }
  };

  around(root);
  const mutations = new MutationObserver(() => around(root));
  mutations.observe(root, { childList: true, subtree: true });
  return () => {
    mutations.disconnect();
    for (const element of shut) element.removeAttribute("inert");
  };
}
