"use strict";
(function () {
	const scenarios = Array.from(document.querySelectorAll("details.scenario"));
	const form = document.querySelector("form.controls");
	const all = () => scenarios.filter((one) => !one.hidden)
		.map((one) => one.querySelector(":scope > summary"));

	/* Everything around an element is opened before it is looked at. */
	function show(element) {
		for (let at = element; at; at = at.parentElement) {
			at.hidden = false;
			if (at.tagName === "DETAILS")
				at.open = true;
		}
		/* A fact is read with what stands around it. */
		const block = /^(TR|LI|SPAN|UL)$/.test(element.tagName) ? "center" : "start";
		element.scrollIntoView({ block: block });
		const summary = element.querySelector(":scope > summary");
		(summary || element).focus({ preventScroll: true });
	}

	function go(step, only) {
		const list = all().filter((s) => !only || only.test(s.parentElement.dataset.outcome));
		const now = document.activeElement.closest("details.scenario");
		const here = list.indexOf(now && now.querySelector(":scope > summary"));
		const next = list[Math.min(Math.max(here + step, 0), list.length - 1)];
		if (next) {
			next.focus();
			next.scrollIntoView({ block: "nearest" });
		}
	}

	const keys = {
		j: () => go(1),
		k: () => go(-1),
		n: () => go(1, /^(failed|differs)$/),
		o: () => {
			const here = document.activeElement.closest("details");
			if (here)
				here.open = !here.open;
		},
		f: () => {
			const first = document.getElementById("first-difference");
			if (first)
				show(first);
		},
		t: () => show(document.getElementById("scenarios")),
		"/": () => form.elements.words.focus(),
	};

	document.addEventListener("keydown", (event) => {
		if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key])
			return;
		if (event.target.closest && event.target.closest("input"))
			return;
		event.preventDefault();
		keys[event.key]();
	});

	function follow() {
		const target = location.hash && document.getElementById(decodeURIComponent(
			location.hash.slice(1)));
		if (target)
			show(target);
	}
	window.addEventListener("hashchange", follow);
	document.addEventListener("click", (event) => {
		const link = event.target.closest('a[href^="#"]');
		if (link && link.getAttribute("href") === location.hash)
			follow();
	});

	/* A ladder is opened at what moved, a few rungs below its upper edge. Of what is closed
	   nothing is measured: that would lay out a hundred ladders for nobody. */
	function openLadders(within) {
		for (const frame of within.querySelectorAll(".ladder[data-open]:not([data-seen])")) {
			const rung = document.getElementById(frame.dataset.open);
			if (!rung || frame.closest("details:not([open])") ||
				!frame.closest("details.scenario").open)
				continue;
			frame.dataset.seen = "yes";
			frame.scrollTop += rung.getBoundingClientRect().top -
				frame.getBoundingClientRect().top - frame.clientHeight / 4;
		}
	}
	document.addEventListener("toggle", (event) => {
		if (event.target.open)
			openLadders(event.target);
	}, true);
	scenarios.filter((one) => one.open).forEach(openLadders);

	/* What is in a scenario in small letters, read when it is first searched. */
	const texts = new Map();
	function text(scenario) {
		if (!texts.has(scenario))
			texts.set(scenario, scenario.textContent.toLowerCase());
		return texts.get(scenario);
	}

	function choose() {
		const verdicts = Array.from(form.querySelectorAll("[name=verdict]:checked"),
			(box) => box.value);
		const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
		let shown = 0;
		for (const one of scenarios) {
			one.hidden = !verdicts.includes(one.dataset.outcome) ||
				!words.every((word) => text(one).includes(word));
			shown += !one.hidden;
		}
		form.querySelector("output").value =
			shown === scenarios.length ? "" : `${shown} of ${scenarios.length}`;
	}
	form.addEventListener("input", choose);
	form.addEventListener("submit", (event) => event.preventDefault());
	form.elements.open.addEventListener("click",
		() => all().forEach((summary) => { summary.parentElement.open = true; }));
	form.elements.close.addEventListener("click",
		() => all().forEach((summary) => { summary.parentElement.open = false; }));
	form.hidden = scenarios.length === 0;
	form.reset();

	/* On paper scenarios and stories are open; dumps, logs and time lines stay in their files. */
	let closed = [];
	window.addEventListener("beforeprint", () => {
		closed = Array.from(document.querySelectorAll(
			"details.scenario:not([open]), details.told:not([open])"));
		closed.forEach((one) => { one.open = true; });
	});
	window.addEventListener("afterprint", () => closed.forEach((one) => { one.open = false; }));

	/* The summary stands first; who comes with an address goes there. */
	if (location.hash)
		follow();
})();
