"use strict";
(function () {
	const all = () => Array.from(document.querySelectorAll("details.scenario > summary"));

	/* Everything around an element is opened before it is looked at. */
	function show(element) {
		for (let at = element; at; at = at.parentElement)
			if (at.tagName === "DETAILS")
				at.open = true;
		/* A difference is read with what stands around it. */
		const block = element.id === "first-difference" ? "center" : "start";
		element.scrollIntoView({ block: block });
		const summary = element.querySelector(":scope > summary");
		(summary || element).focus({ preventScroll: true });
	}

	function go(step, only) {
		const list = all().filter((s) => !only || s.parentElement.dataset.outcome === only);
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
		n: () => go(1, "failed"),
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
	};

	document.addEventListener("keydown", (event) => {
		if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key])
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

	/* On paper scenarios and stories are open; dumps, logs and time lines stay in their files. */
	let closed = [];
	window.addEventListener("beforeprint", () => {
		closed = Array.from(document.querySelectorAll(
			"details.scenario:not([open]), details.told:not([open])"));
		closed.forEach((one) => { one.open = true; });
	});
	window.addEventListener("afterprint", () => closed.forEach((one) => { one.open = false; }));

	if (location.hash)
		follow();
	else
		keys.f();
})();
