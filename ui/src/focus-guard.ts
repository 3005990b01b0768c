// Keeps the focus near where it was when the thing that had it goes: a button that takes itself away, a card that closes,
// a form that is done. Whoever knows a better place gives the focus there at once; this looks a moment later, and finds
// nothing to do then.

/** What Tab stops at. */
const STOPS = "button, input, select, textarea, summary, a[href], [tabindex]";
/** What is in none of these can have the focus. */
const SHUT = "[inert], [hidden], dialog:not([open])";

/** The card of a live call. */
const CARD = "[data-card]";

/** Watches over the focus below `root`. Returns what ends it. */
export function guardFocus(root: HTMLElement): () => void {
  /** What has the focus, or had it until it went; none where a person has left it. */
  let had: Element | null = null;
  /** What is around it, the nearest first. */
  let around: Element[] = [];
  /** What went with it, and what stood before and behind. */
  let gap: { parent: Node; before: Node | null } | null = null;
  let waiting: ReturnType<typeof setTimeout> | undefined;

  const came = ({ target }: FocusEvent): void => {
    if (!(target instanceof Element)) return;
    had = target;
    gap = null;
    around = [];
    for (let one = target.parentElement; one !== null && root.contains(one); one = one.parentElement) around.push(one);
  };

  const left = (): void => {
    const gone = had;
    setTimeout(() => {
      // It is still there, and nothing else has the focus: a person has clicked beside it.
      if (had === gone && gone?.isConnected && isOpen(gone) && isLost()) had = null;
    });
  };

  const changed = (records: MutationRecord[]): void => {
    if (had === null) return;
    for (const { removedNodes, target, previousSibling } of records) {
      // The outermost that went counts: what stood around the inner one has gone as well.
      for (const node of removedNodes) if (node.contains(had)) gap = { parent: target, before: previousSibling };
    }
    clearTimeout(waiting);
    waiting = setTimeout(land);
  };

  function land(): void {
    if (had === null || !isLost()) return;
    if (had.isConnected) {
      // It was locked for a moment, while something was under way.
      if (isOpen(had) && had instanceof HTMLElement) had.focus();
      return;
    }
    next()?.focus();
  }

  /** What follows in the nearest thing that is still there; else what comes before. */
  function next(): HTMLElement | undefined {
    for (const scope of around) {
      if (!scope.isConnected) continue;
      // A call's card takes no focus by itself: the rest of a sentence would be written into its note, or press its buttons.
      const stops = [...scope.querySelectorAll<HTMLElement>(STOPS)].filter((stop) =>
        stop.tabIndex >= 0 && isOpen(stop) && (stop.closest(CARD)?.contains(scope) ?? true));
      const mark = gap?.before?.isConnected ? gap.before : gap?.parent;
      const behind = stops.find((stop) => mark !== undefined && isBehind(stop, mark, mark === gap?.before));
      const found = behind ?? stops.at(-1);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  const mutations = new MutationObserver(changed);
  mutations.observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled", "hidden", "inert"] });
  root.addEventListener("focusin", came);
  root.addEventListener("focusout", left);
  return () => {
    mutations.disconnect();
    clearTimeout(waiting);
    root.removeEventListener("focusin", came);
    root.removeEventListener("focusout", left);
  };
}

function isLost(): boolean {
  const { activeElement } = document;
  return activeElement === null || activeElement === document.body;
}

/** Whether something can have the focus. */
function isOpen(element: Element): boolean {
  if (element.matches(":disabled") || element.closest(SHUT) !== null) return false;
  const closed = element.closest("details:not([open])");
  return closed === null || element.matches("summary") && element.parentElement === closed;
}

/** Whether something comes after the place that was left: after what stood before it, or anywhere in what was around it. */
function isBehind(stop: HTMLElement, mark: Node, whole: boolean): boolean {
  const place = mark.compareDocumentPosition(stop);
  if ((place & Node.DOCUMENT_POSITION_FOLLOWING) === 0) return false;
  // What stood before it is passed over as a whole.
  return !whole || (place & Node.DOCUMENT_POSITION_CONTAINED_BY) === 0;
}
